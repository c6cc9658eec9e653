import ChatWire
import RateLimiting
import Synchronization

/// How much each user, newcomer and stranger may send and ask for: the token buckets of a server, each behind a lock of its own.
final class TrafficLimits: Sendable {
    private let messages: Mutex<RateBuckets<UserID>?>
    private let bytes: Mutex<RateBuckets<RateLimitKey>?>
    private let otherFrames = Mutex(RateBuckets<RateLimitKey>(TrafficLimits.rateOfOtherFrames))
    private let events: Mutex<RateBuckets<RateLimitKey>?>
    private let requests: Mutex<RateBuckets<UserID>?>
    private let metrics: SharedMetrics
    private let now: @Sendable () -> Timestamp

    /// Pings, pongs, fragments but the last, and frames that are answered by an error, or not at all. No client has use for more,
    /// so this bound holds also where bytes have none.
    static let rateOfOtherFrames = Rate(burst: 2000, perSecond: 200)
    /// What the smallest event costs, in bytes.
    private static let bytesOfAnyFrame = 32
    /// So many rows of a page cost one permit.
    private static let rowsOfPermit = 200

    /// - Parameter meter: Told of what is refused.
    init(_ configuration: Hub.Configuration, metrics: SharedMetrics, now: @escaping @Sendable () -> Timestamp) {
        messages = Mutex(configuration.rate.map { RateBuckets($0) })
        bytes = Mutex(configuration.byteRate.map { RateBuckets($0) })
        events = Mutex(configuration.eventRate.map { RateBuckets($0) })
        requests = Mutex(configuration.requestsPerUser.map { RateBuckets(Rate(burst: $0)) })
        self.metrics = metrics
        self.now = now
    }

    // MARK: Messages

    /// Takes a message's permit.
    /// - Returns: the draft as it goes to the database, where one that is over a limit is looked up and not stored, and that limit.
    func admit(_ draft: MessageDraft) -> (draft: MessageDraft, overLimit: Metrics.Limit?) {
        guard let over = limit(over: draft) else { return (draft, nil) }
        return (draft.overRate(retryAfterMs: over.retryAfterMs), over.limit)
    }

    private func limit(over draft: MessageDraft) -> (limit: Metrics.Limit, retryAfterMs: Int)? {
        if let wait = bytes.withLock({ $0?.debt(of: .user(draft.sender), at: draft.receivedAt) }) {
            return (.bytes, wait)
        }
        return messages.withLock { $0?.take(of: draft.sender, at: draft.receivedAt) }.map { (.messages, $0) }
    }

    /// Settles what `admit` took, once the database has answered: a repeat, and what could not be stored, gets its permit back.
    func settle(_ draft: MessageDraft, _ result: AppendResult, overLimit: Metrics.Limit?) {
        if let limit = overLimit {
            if case .success(.rateLimited) = result { metrics.update { $0.noteRefusal(by: limit) } }
        } else if result.isFree {
            messages.withLock { $0?.giveBack(to: draft.sender) }
        }
    }

    // MARK: Frames

    /// Counts what came on a connection.
    /// - Returns: how long not to read on, where it is far too much.
    func spend(bytes amount: Int, frames: Int = 1, by key: RateLimitKey) -> Duration? {
        bytes.withLock { $0?.spend(amount + frames * Self.bytesOfAnyFrame, of: key, at: now()) }
    }

    /// Counts frames that came beside messages.
    /// - Returns: how long not to read on, where they are far too many.
    func spend(otherFrames frames: Int, bytes: Int, by key: RateLimitKey) -> Duration? {
        let flood = frames > 0 ? spend(clientErrors: frames, by: key) : nil
        return [flood, spend(bytes: bytes, frames: frames, by: key)].compactMap(\.self).max()
    }

    /// Counts frames that were no event, or not one that this client may send now.
    /// - Returns: how long not to read on, where they are far too many.
    func spend(clientErrors: Int, by key: RateLimitKey) -> Duration? {
        let flood = otherFrames.withLock { $0.spend(clientErrors, of: key, at: now()) }
        if flood != nil { metrics.update { $0.noteRefusal(by: .otherFrames) } }
        return flood
    }

    // MARK: Questions to the database

    /// Counts what an event asks of the database, in permits.
    /// - Returns: how long not to read on, where it is far too much.
    func spend(events permits: Int, by key: RateLimitKey) -> Duration? {
        let flood = permits == 0 ? nil : events.withLock { $0?.spend(permits, of: key, at: now()) ?? nil }
        if flood != nil { metrics.update { $0.noteRefusal(by: .events) } }
        return flood
    }

    /// Counts another page of a user's feed or peers, which nobody asked for by an event of its own.
    /// - Returns: how long it has to wait, where the user has had too many.
    func delay(ofPageFor user: UserID, permits: Int) -> Duration? {
        events.withLock { $0?.reserve(permits, of: .user(user), at: now()) ?? nil }
    }

    /// Counts a request over HTTP for so many rows about a user.
    /// - Returns: in how many seconds it will be answered; nil if it is now.
    func delay(ofRequestAbout user: UserID, rows: Int) -> Int? {
        let permits = max(1, (rows + Self.rowsOfPermit - 1) / Self.rowsOfPermit)
        let wait = requests.withLock { $0?.take(permits, of: user, at: now()) ?? nil }
        guard let milliseconds = wait else { return nil }
        metrics.update { $0.noteRefusal(by: .userRequests) }
        return max(1, (milliseconds + 999) / 1000)
    }
}

/// What is counted together.
enum RateLimitKey: Hashable, Sendable {
    case user(UserID)
    /// Somebody who says who they are, until that is looked into.
    case authenticating(connection: Int)
    /// Whoever says anything else, by their address: a new connection is no new beginning. Nil for all of this machine.
    case unauthenticated(address: String?)
}
