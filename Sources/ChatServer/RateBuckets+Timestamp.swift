import ChatWire
import RateLimiting

// By the server's clock, and in whole milliseconds where clients are told.

extension RateBuckets {
    /// - Returns: in how many milliseconds there will be enough, where there are too few now.
    mutating func take(_ amount: Int = 1, of key: Key, at now: Timestamp) -> Int? {
        take(amount, of: key, at: now.nanoseconds)?.wholeMilliseconds
    }

    mutating func spend(_ amount: Int, of key: Key, at now: Timestamp) -> Duration? {
        spend(amount, of: key, at: now.nanoseconds)
    }

    mutating func reserve(_ amount: Int, of key: Key, at now: Timestamp) -> Duration? {
        reserve(amount, of: key, at: now.nanoseconds)
    }

    /// - Returns: in how many milliseconds nothing will be owed, or nil where nothing is.
    func debt(of key: Key, at now: Timestamp) -> Int? { debt(of: key, at: now.nanoseconds)?.wholeMilliseconds }
}

extension Timestamp {
    fileprivate var nanoseconds: Int64 { microseconds * 1000 }
}

extension Duration {
    /// Rounded up.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
