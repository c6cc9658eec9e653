import ChatWire
import RateLimiting

// The buckets with the server's clock. Times that clients are told are in whole milliseconds.

extension RateBuckets {
    /// - Returns: nil if the permits were taken, otherwise the milliseconds until there are enough.
    mutating func take(_ amount: Int = 1, of key: Key, at now: Timestamp) -> Int? {
        take(amount, of: key, at: now.nanoseconds)?.wholeMilliseconds
    }

    mutating func charge(_ amount: Int, to key: Key, at now: Timestamp) {
        charge(amount, to: key, at: now.nanoseconds)
    }

    mutating func spend(_ amount: Int, of key: Key, at now: Timestamp) -> Duration? {
        spend(amount, of: key, at: now.nanoseconds)
    }

    mutating func reserve(_ amount: Int, of key: Key, at now: Timestamp) -> Duration? {
        reserve(amount, of: key, at: now.nanoseconds)
    }

    /// - Returns: the milliseconds until the debt is paid; nil if there is none.
    func debt(of key: Key, at now: Timestamp) -> Int? { debt(of: key, at: now.nanoseconds)?.wholeMilliseconds }
}

extension Timestamp {
    fileprivate var nanoseconds: Int64 { microseconds * 1000 }
}

extension Duration {
    /// The duration in milliseconds, rounded up.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
