import ChatWire

/// Decides whether the clock can be trusted enough to delete old messages by it.
///
/// A clock that is years ahead makes all messages old. So a clock that has jumped ahead of the elapsed time is trusted
/// only after it has stayed so for a day of running time, over several runs if need be. The same holds for a clock that
/// has fallen behind, since the right time would look like a jump ahead after it. Messages that were stored in this run
/// are not deleted by any clock until the run is as long as the retention.
public struct RetentionClock: Sendable {
    /// The part of the state that is stored between runs.
    public struct Record: Sendable, Equatable {
        /// The latest trusted time.
        public var believed: Timestamp
        /// The time by a clock that is not trusted yet; nil if the clock is trusted.
        var doubted: Timestamp?
        /// The time for which the server has run with that clock.
        var doubtTime: Duration = .zero

        public init(believed: Timestamp) { self.believed = believed }
    }

    public enum Verdict: Sendable, Equatable {
        /// Delete the messages that were created before a time, up to a place in commit order.
        case delete(before: Timestamp, upTo: Int64)
        /// - Parameter isNew: Whether the clock was trusted at the last check.
        case doubt(isNew: Bool)
    }

    /// The tolerance of the clock, and the time after which a new clock is trusted.
    static let day: Duration = .seconds(86_400)

    public private(set) var record: Record
    private let retention: Duration
    private var lastLook: Duration?
    /// Samples of the newest `seq` in this run, oldest first. The first one is from before the run.
    private var stored: [(uptime: Duration, seq: Int64)] = []

    /// - Parameters:
    /// - record: The record of the last run. If there is none, the clock is trusted at once only if no message is
    ///   stored.
    /// - retention: The age at which messages are deleted.
    /// - now: The time by the clock.
    /// - lastSeq: The `seq` of the newest message; nil if there is none.
    public init(_ record: Record?, retention: Duration, now: Timestamp, lastSeq: Int64?) {
        self.record = record ?? Record(believed: lastSeq == nil ? now : Timestamp(microseconds: 0))
        self.retention = retention
        stored = [(.zero, lastSeq ?? 0)]
    }

    /// Checks the clock.
    /// - `uptime`: The time since the start of this run, by a clock that nobody can set.
    /// - `lastSeq`: The `seq` of the newest message; nil if there is none.
    public mutating func look(at now: Timestamp, uptime: Duration, lastSeq: Int64?) -> Verdict {
        let wasDoubted = record.doubted != nil && lastLook != nil
        let elapsed = uptime - (lastLook ?? uptime)
        let isBelieved = believe(now, elapsed)
        note(lastSeq ?? 0, uptime)
        lastLook = uptime
        guard isBelieved else { return .doubt(isNew: !wasDoubted) }
        return .delete(before: now.advanced(by: .zero - retention), upTo: lastOld(uptime))
    }

    private mutating func believe(_ now: Timestamp, _ elapsed: Duration) -> Bool {
        let earliest = record.believed.advanced(by: .zero - Self.day)
        if now >= earliest, now <= record.believed.advanced(by: elapsed + Self.day) {
            record = Record(believed: max(now, record.believed))
            return true
        }
        // Any time may have passed between two runs.
        if let doubted = record.doubted, now >= doubted.advanced(by: .zero - Self.day),
            lastLook == nil || now <= doubted.advanced(by: elapsed + Self.day)
        {
            record.doubtTime += elapsed
        } else {
            record.doubtTime = .zero
        }
        record.doubted = now
        guard record.doubtTime >= Self.day else { return false }
        record = Record(believed: now)
        return true
    }

    /// Adds a sample. A hundred of them are precise enough.
    private mutating func note(_ seq: Int64, _ uptime: Duration) {
        guard let last = stored.last, uptime - last.uptime >= retention / 100 else { return }
        // Samples before the newest old one are not needed any more.
        if let old = stored.lastIndex(where: { uptime - $0.uptime >= retention }) { stored.removeFirst(old) }
        stored.append((uptime, seq))
    }

    private func lastOld(_ uptime: Duration) -> Int64 {
        (stored.last { uptime - $0.uptime >= retention } ?? stored[0]).seq
    }
}

extension RetentionClock.Record {
    /// The record as it is stored in the database: the trusted time, the doubted time or `-`, and the seconds of doubt.
    /// Times are in microseconds since 1970.
    public var text: String {
        "\(believed.microseconds) \(doubted.map { "\($0.microseconds)" } ?? "-") \(doubtTime.components.seconds)"
    }

    public init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 3, let believed = Int64(words[0]), let seconds = Int64(words[2]) else { return nil }
        self.init(believed: Timestamp(microseconds: believed))
        doubted = Int64(words[1]).map { Timestamp(microseconds: $0) }
        doubtTime = .seconds(seconds)
    }
}
