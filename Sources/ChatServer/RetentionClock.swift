import ChatWire

/// Whether the clock may be believed so far that messages are deleted by it.
///
/// A clock that is years ahead makes all messages old. So one that has jumped ahead further than the time that passed is not
/// believed before it has stayed so for a day of running, over several runs if need be. One that has fallen behind is not either:
/// by it the right one would be ahead. And by no clock is anything deleted
/// that was stored in this run, as long as the run is shorter than messages are kept.
public struct RetentionClock: Sendable {
    /// What is kept from one run to the next.
    public struct Record: Sendable, Equatable {
        /// The latest that a clock said that was believed.
        public var believed: Timestamp
        /// What it says since it jumped.
        var doubted: Timestamp?
        /// For how long the server has run with that.
        var doubtTime: Duration = .zero

        public init(believed: Timestamp) { self.believed = believed }
    }

    public enum Verdict: Sendable, Equatable {
        /// What was created before a time, up to a place in the order of storing.
        case delete(before: Timestamp, upTo: Int64)
        /// - Parameter isNew: Whether the clock was not doubted at the last look.
        case doubt(isNew: Bool)
    }

    /// How far a clock may be put forward or back, and how long another one has to last.
    static let day: Duration = .seconds(86_400)

    public private(set) var record: Record
    private let retention: Duration
    private var lastLook: Duration?
    /// Up to where messages were stored, and when in this run; the first one from before it.
    private var stored: [(uptime: Duration, seq: Int64)] = []

    /// - Parameters:
    ///   - record: Of the run before. Without one no clock is believed at once, unless nothing is stored yet.
    ///   - retention: How old messages may become.
    ///   - now: What the clock says.
    ///   - lastSeq: Of the newest message; 0 where there is none.
    public init(_ record: Record?, retention: Duration, now: Timestamp, lastSeq: Int64) {
        self.record = record ?? Record(believed: lastSeq == 0 ? now : Timestamp(microseconds: 0))
        self.retention = retention
        stored = [(.zero, lastSeq)]
    }

    /// - `uptime`: How long this run has lasted, whatever was done to the clock.
    /// - `lastSeq`: Of the newest message.
    public mutating func look(at now: Timestamp, uptime: Duration, lastSeq: Int64) -> Verdict {
        let wasDoubted = record.doubted != nil && lastLook != nil
        let elapsed = uptime - (lastLook ?? uptime)
        let isBelieved = believe(now, elapsed)
        note(lastSeq, uptime)
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
        // From one run to the next any time may have passed.
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

    /// A hundred places are enough to tell what is old.
    private mutating func note(_ seq: Int64, _ uptime: Duration) {
        guard let last = stored.last, uptime - last.uptime >= retention / 100 else { return }
        // Those that are older than the newest old one tell nothing more.
        if let old = stored.lastIndex(where: { uptime - $0.uptime >= retention }) { stored.removeFirst(old) }
        stored.append((uptime, seq))
    }

    private func lastOld(_ uptime: Duration) -> Int64 {
        (stored.last { uptime - $0.uptime >= retention } ?? stored[0]).seq
    }
}

extension RetentionClock.Record {
    /// As it stands in a database.
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
