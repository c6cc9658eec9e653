import ChatWire
import RateLimiting
import Synchronization

/// The rate limits of a server. Each of them has its own token buckets behind its own lock.
final class TrafficLimits: Sendable {
    private let messages: Mutex<RateBuckets<UserID>?>
    private let bytes: Mutex<RateBuckets<RateLimitKey>?>
    private let otherFrames = Mutex(RateBuckets<RateLimitKey>(TrafficLimits.rateOfOtherFrames))
    private let events: Mutex<RateBuckets<RateLimitKey>?>
    private let requests: Mutex<RateBuckets<UserID>?>
    private let metrics: SharedMetrics
    private let now: @Sendable () -> Timestamp

    /// The rate of pings, pongs, fragments except the last, invalid frames, and frames without an effect. No client
    /// needs more, so this limit also holds if bytes are not limited.
    static let rateOfOtherFrames = Rate(burst: 2000, perSecond: 200)
    /// The bytes that are charged for each frame besides its content.
    private static let bytesOfAnyFrame = 32
    /// The rows of a page that cost one permit.
    private static let rowsOfPermit = 200

    /// - Parameters:
    ///   - messages: The rate of messages of one user; nil for no limit, as for the next three.
    ///   - bytes: The rate of bytes of one client.
    ///   - events: The rate of events that ask the database for something and are not new messages.
    ///   - requestsPerUser: The burst of HTTP requests about one user.
    ///   - metrics: Counts what is refused.
    init(
        messages: Rate?, bytes: Rate?, events: Rate?, requestsPerUser: Int?, metrics: SharedMetrics,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.messages = Mutex(messages.map { RateBuckets($0) })
        self.bytes = Mutex(bytes.map { RateBuckets($0) })
        self.events = Mutex(events.map { RateBuckets($0) })
        requests = Mutex(requestsPerUser.map { RateBuckets(Rate(burst: $0)) })
        self.metrics = metrics
        self.now = now
    }

    // MARK: Messages

    /// Takes a permit for a message.
    /// - Returns: the draft as it goes to the database, and the limit that it is over, if any. The database only looks
    ///   up such a draft, and does not store it.
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

    /// Completes `admit` when the database has answered. The permit is given back for a repeat and for a message that
    /// could not be stored.
    func complete(_ draft: MessageDraft, _ result: AppendResult, overLimit: Metrics.Limit?) {
        if let limit = overLimit {
            if case .success(.rateLimited) = result { metrics.update { $0.noteRefusal(by: limit) } }
        } else if result.refundsPermit {
            messages.withLock { $0?.refund(to: draft.sender) }
        }
    }

    /// Takes permits for messages that the user has sent at another node. So the limit holds over all nodes, up to what
    /// each of them allows before it hears of the others.
    func charge(messages count: Int, to user: UserID) {
        messages.withLock { $0?.charge(count, to: user, at: now()) }
    }

    // MARK: Frames

    /// Counts the bytes of frames.
    /// - Returns: the time for which the connection must not be read, if the client is far over the limit.
    func spend(bytes amount: Int, frames: Int = 1, by key: RateLimitKey) -> Duration? {
        bytes.withLock { $0?.spend(amount + frames * Self.bytesOfAnyFrame, of: key, at: now()) }
    }

    /// Counts frames that are not messages.
    /// - Returns: the time for which the connection must not be read, if the client is far over a limit.
    func spend(otherFrames frames: Int, bytes: Int, by key: RateLimitKey) -> Duration? {
        let flood = frames > 0 ? spend(clientErrors: frames, by: key) : nil
        return [flood, spend(bytes: bytes, frames: frames, by: key)].compactMap(\.self).max()
    }

    /// Counts frames that are no event, or no event that this client may send now.
    /// - Returns: the time for which the connection must not be read, if the client is far over the limit.
    func spend(clientErrors: Int, by key: RateLimitKey) -> Duration? {
        let flood = otherFrames.withLock { $0.spend(clientErrors, of: key, at: now()) }
        if flood != nil { metrics.update { $0.noteRefusal(by: .otherFrames) } }
        return flood
    }

    // MARK: Reads and writes of the database

    /// Counts the permits of an event.
    /// - Returns: the time for which the connection must not be read, if the client is far over the limit.
    func spend(events permits: Int, by key: RateLimitKey) -> Duration? {
        let flood = permits == 0 ? nil : events.withLock { $0?.spend(permits, of: key, at: now()) ?? nil }
        if flood != nil { metrics.update { $0.noteRefusal(by: .events) } }
        return flood
    }

    /// Counts a page of a user's feed or peers that the client did not request with an event of its own.
    /// - Returns: the time for which the page has to wait, if the user is over the limit.
    func delay(ofPageFor user: UserID, permits: Int) -> Duration? {
        events.withLock { $0?.reserve(permits, of: .user(user), at: now()) ?? nil }
    }

    /// Counts an HTTP request for this number of rows about a user.
    /// - Returns: nil if the request is answered now, otherwise the number of seconds until one would be.
    func delay(ofRequestAbout user: UserID, rows: Int) -> Int? {
        let permits = max(1, (rows + Self.rowsOfPermit - 1) / Self.rowsOfPermit)
        let wait = requests.withLock { $0?.take(permits, of: user, at: now()) ?? nil }
        guard let milliseconds = wait else { return nil }
        metrics.update { $0.noteRefusal(by: .userRequests) }
        return max(1, (milliseconds + 999) / 1000)
    }
}

/// The key of a client in the limits. All that has the same key is counted together.
enum RateLimitKey: Hashable, Sendable {
    case user(UserID)
    /// A client whose `auth` is being checked.
    case authenticating(connection: Int)
    /// Any other client without a known user, by its address, so that a new connection does not start anew. Nil stands
    /// for all clients on this machine.
    case unauthenticated(address: String?)
}
