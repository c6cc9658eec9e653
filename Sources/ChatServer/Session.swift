import ChatWire
import DequeModule

/// The server's side of the protocol on one connection.
///
///     waiting for auth ──auth──▶ authorizing ──authorized──▶ catching up ──all sent──▶ live
///            ▲                    │   │                           ▲                      │
///            └── the database ────┘   └──bad token──▶ ended ◀─────│──the token expired───┤
///                could not say                                    └──── auth, a hole ────┘
///
/// Rules:
/// 1. Inputs that arrive while `auth` or `refresh` is being handled are deferred, and handled in order after it.
/// 2. A second `auth` as the same user is answered again. As another user it is `forbidden`.
/// 3. An error about one event never closes the connection.
/// 4. A message is confirmed only after it is in the database, in the order of sending.
/// 5. A client that has not sent `protocol: 2` gets only the first protocol's events, with exactly their fields.
/// 6. While too many inputs wait for the database, the socket is not read.
/// 7. After the end of the connection no input has an effect.
/// 8. A connection is sent its user's feed from one cursor on, each cursor once, in order and without a gap:
///    `message_sent` for messages that it has sent itself, `new_message` for all others. The first cursor is the one
///    after `auth_success`'s, or after `resume`'s. (The `message_sent` of a duplicate that the feed is past has
///    the cursor of the first one, and no place in this order.)
/// 9. No page is read while messages of this connection are on their way into the database, so that each page shows
///    which of its messages are the connection's own. Messages that the client sends during the catch-up are stored
///    after it.
/// 10. Pages have the socket's pace: the next one is read when the last one was handed to the operating system.
/// 11. Marks are sent after every `resume_complete`, in pages at the socket's pace. No receipt is sent before marks
///     that are older.
/// 12. A user over the byte rate is throttled, not disconnected, and is told so if the protocol allows it.
/// 13. If tokens are required, nothing is looked up or registered before a token has proved that its `sub` is the user.
///     The user's name is taken from the token too. An invalid token ends the connection, but an invalid `refresh` does
///     not: the token before it counts until 25 seconds after its expiry.
/// 14. A client that is not logged in is answered a limited number of times. Then the connection is closed.
/// 15. A step of `auth` that fails leaves everything as it was before: its proof is forgotten, and the time limit for
///     logging in goes on.
/// 16. An ack of messages that this connection was not sent is an error, unless the user's other devices may be at other
///     nodes. Then it counts once they were sent.
/// 17. An id that no user can have is refused in every event, and in `auth` ends the connection.
public struct Session: Sendable {
    let limits: MessageLimits
    let heartbeatMs: Int
    /// The bytes of the feed that are sent before the session waits for the socket.
    let feedBytesAtOnce: Int
    var opened: Opened?
    /// The messages of this connection that are on their way into the database.
    var messagesInFlight = 0
    /// The read marks and blocks that are on their way into the database.
    var readsInFlight = 0
    var typingThrottle = TypingThrottle()
    let requiresToken: Bool
    /// Whether other nodes may have sent the user's other devices more than this connection was sent.
    let hasOtherNodes: Bool
    /// Which users there can be.
    let userIDs: UserIDForm
    /// Whether the server has closed the connection and waits for its end.
    var isEnding = false
    private var isClosed = false
    private var isReadingPaused = false
    private var sparsePending = Sparse<Pending>()

    /// If so many inputs wait for the database, the socket is not read.
    static let maxWaitingForDatabase = 64

    /// The number of inputs that a client may send before a successful `auth`. An `auth` counts only if it fails for no
    /// fault of the client's.
    static let maxEventsBeforeAuth = 20

    /// The state after a successful `auth`.
    struct Opened: Sendable {
        var admission: Admission
        var protocolVersion: Int
        /// The cursor up to which the user's feed was sent.
        var sent: Int
        /// The cursor up to which the client has acknowledged the feed; nil if it has not yet.
        var acknowledged: Int?
        /// The time of the last sync of peers for an `auth` without `resume`.
        var peersSyncedAt: Timestamp?

        var user: UserID { admission.user }
        var speaksProtocol2: Bool { protocolVersion >= 2 }
    }

    /// The state that exists only while something is in progress.
    struct Pending: Sendable, Emptiable {
        /// The `auth` that is being handled.
        var attempt: AuthAttempt?
        /// Whether a `refresh` is being handled.
        var isRefreshing = false
        /// The token of the upgrade request, for an `auth` without one.
        var bearer: String?
        /// The client's inputs that have to wait.
        var deferred: Deque<Frame> = []
        var catchUp: CatchUp?
        var peerSync: PeerSyncProgress?
        /// The number of inputs before a successful `auth`.
        var eventsBeforeAuth = 0
        /// An ack of messages that this connection is still to be sent.
        var earlyAck: Int?

        /// A data frame of the client.
        enum Frame: Sendable {
            indirect case event(ClientEvent)
            case malformed(WireCodec.Malformed)
        }

        var isEmpty: Bool {
            eventsBeforeAuth == 0 && attempt == nil && deferred.isEmpty && catchUp == nil && peerSync == nil
                && !isRefreshing
                && bearer == nil && earlyAck == nil
        }
    }

    /// The largest payloads are indirect, so that the others are cheap to copy.
    public enum Input: Sendable, Hashable {
        /// A decoded text frame.
        indirect case event(ClientEvent)
        /// A text frame that is no event, or a binary frame.
        case malformed(WireCodec.Malformed)
        /// The identity that the token proves.
        indirect case authenticated(Identity)
        case notAuthenticated(AuthenticationError)
        /// The timer that `setTimer` has set is due.
        case timerFired
        indirect case authorized(Account)
        /// An operator has banned the user.
        case banned
        /// The database could not say whether the user may log in.
        case authorizationFailed
        /// The time limit for logging in is over.
        case notAdmitted
        /// The user has reached the limit of connections.
        case tooManyConnections
        /// The client is far over a limit, and is not read for this time.
        case flooded(Duration)
        case appended(MessageDraft, Result<AppendOutcome, StoreError>)
        /// A message that was stored, for one of its two users, who is this connection's.
        case delivery(StoredMessage)
        /// Another program has stored messages, and the feed reaches up to this cursor.
        case feedGrew(to: Int)
        /// The database is another incarnation of the data now, so cursors of before mean nothing.
        case dataReplaced
        /// A page of the feed after a cursor.
        case feedPage(after: Int, [StoredMessage])
        case feedFailed
        /// Everything that was sent before `awaitSent` was handed to the operating system.
        case sent
        /// The result of a read mark: whether it has moved, or nil if the user knows no such message in the
        /// conversation.
        case readMarked(Result<Bool?, StoreError>)
        /// The result of setting or removing a block; nil if there was no error.
        case blockSet(Bool, StoreError?)
        /// The user has reached the limit of blocks.
        case tooManyBlocks
        /// Whether the user blocks this one.
        case blockFound(UserID, Result<Bool, StoreError>)
        /// The marks and the presence of a page of recent peers.
        /// - Parameter next: The position of the next page; nil at the end.
        indirect case peers([ConversationMarks], [ServerEvent.Presence], next: PeerPagePosition? = nil)
        case peersFailed
        /// An event that others cause: `delivered`, `read`, `typing`, `presence` or `blocked`.
        indirect case relay(ServerEvent)
        /// Such events may have been lost on their way from another node.
        case receiptsMissed
        /// The socket is closed.
        case closed
    }

    /// The largest payloads are indirect, as in ``Input``.
    public enum Action: Sendable, Hashable {
        indirect case send(ServerEvent)
        /// Check this token, and answer with `authenticated` or `notAuthenticated`.
        case authenticate(token: String)
        /// Answer with `timerFired` at this time. This replaces the timer before.
        case setTimer(at: Timestamp)
        /// Look up this user's account, and answer with `authorized` or `authorizationFailed`.
        /// - Parameter name: The user's name to store; nil if it has not changed.
        indirect case authorize(UserID, resume: FeedPosition?, name: UntrustedText? = nil)
        /// Register this connection as one of the user's devices.
        case register(UserID)
        /// Cancel the time limit for logging in.
        case admit
        /// Remove this connection from the user's devices.
        case unregister
        /// Store this message, and answer with `appended`, in order.
        case append(MessageDraft)
        /// Read a page of the feed, and answer with `feedPage` or `feedFailed`.
        case readFeed(of: UserID, after: Int, limit: Int)
        /// Answer with `sent` when everything sent so far was handed to the operating system, and the user has the
        /// permits for the next page.
        /// - Parameter permits: The permits that the next page costs.
        case awaitSent(permits: Int)
        case acknowledge(Acknowledgement)
        /// Answer with `readMarked`.
        case markRead(by: UserID, with: UserID, upTo: MessageID)
        case relayTyping(by: UserID, to: UserID)
        /// Answer with `blockSet`, `tooManyBlocks` or `banned`.
        case setBlocked(Bool, UserID, by: UserID)
        /// Answer with `blockFound`.
        case findBlock(UserID, by: UserID)
        /// Tell the recent peers that the user is online, and answer with `peers` or `peersFailed`, page by page.
        case syncPeers(of: UserID, from: PeerPagePosition = .start)
        case pauseReading
        case resumeReading
        /// Do not read for this time. The pausing of reading is independent of it.
        case throttle(Duration)
        case close(code: CloseCode)
        case log(LogLine)
    }

    /// - `requiresToken`: Whether a user has to prove their identity with a token.
    /// - `bearer`: The token of the upgrade request, if it had one.
    /// - `outboundBytes`: The bytes that the socket queues for a client that reads slowly.
    /// - `hasOtherNodes`: Whether the user's other devices may be connected to other servers on the same database.
    /// - `userIDs`: Which users there can be.
    public init(
        limits: MessageLimits, heartbeatMs: Int, requiresToken: Bool = false, bearer: String? = nil,
        outboundBytes: Int = 1 << 20, hasOtherNodes: Bool = false, userIDs: UserIDForm = .any
    ) {
        self.limits = limits
        self.hasOtherNodes = hasOtherNodes
        self.userIDs = userIDs
        feedBytesAtOnce = CatchUp.bytesAtOnce(fitting: outboundBytes)
        self.heartbeatMs = heartbeatMs
        self.requiresToken = requiresToken
        if requiresToken, let bearer { pending.bearer = bearer }
    }

    public var user: UserID? { opened?.user }

    /// Whether an `auth` is being handled.
    var isAuthorizing: Bool { !sparsePending.isEmpty && pending.attempt != nil }

    public mutating func handle(_ input: Input, now: Timestamp) -> [Action] {
        if isClosed { return [] }
        if isEnding { return handleAtEnd(input) }
        let actions = respond(to: input, now)
        guard !sparsePending.isEmpty, pending.earlyAck != nil else { return actions }
        return actions + releaseEarlyAck()
    }

    private mutating func respond(to input: Input, _ now: Timestamp) -> [Action] {
        switch input {
        case .event(let event): return receive(.event(event), now)
        case .malformed(let error): return receive(.malformed(error), now)
        case .authenticated(let identity): return authenticated(identity, now)
        case .notAuthenticated(let error): return notAuthenticated(error, now)
        case .timerFired: return timerFired(now)
        case .authorized(let account): return open(account, now)
        case .banned: return banned()
        case .authorizationFailed: return pending.attempt?.admission == nil ? [] : refuse(now)
        case .notAdmitted: return notAdmitted()
        case .tooManyConnections:
            return end(.rateLimited, .tooManyConnections, because: "the user has too many connections")
        case .flooded(let time): return throttle(for: time)
        case .appended(let draft, let result): return confirm(draft, result, now)
        case .delivery(let stored): return deliver(stored, now)
        case .feedGrew(let cursor): return feedGrew(to: cursor, now)
        case .dataReplaced: return [.close(code: .unexpectedCondition)]
        case .feedPage(let cursor, let messages): return take(page: messages, after: cursor, now)
        case .feedFailed: return feedFailed()
        case .sent: return sent(now)
        case .readMarked(let result): return readMarked(result)
        case .blockSet(let isBlocked, let error): return blockSet(isBlocked, error)
        case .tooManyBlocks: return tooManyBlocks()
        case .blockFound(let other, let result): return blockFound(other, result)
        case .peers(let marks, let presences, let next): return takePeers(marks, presences, next)
        case .peersFailed:
            opened?.peersSyncedAt = nil
            return takePeers([], [], nil)
        case .relay(let event): return relay(event)
        case .receiptsMissed: return receiptsMissed()
        case .closed: return close()
        }
    }

    private mutating func handleAtEnd(_ input: Input) -> [Action] {
        switch input {
        case .closed: close()
        case .flooded(let time): [.throttle(time)]
        case .event, .malformed, .authenticated, .notAuthenticated, .timerFired, .authorized, .banned,
            .authorizationFailed, .notAdmitted, .tooManyConnections, .appended, .delivery, .feedGrew, .dataReplaced,
            .feedPage, .feedFailed, .sent, .readMarked, .blockSet, .tooManyBlocks, .blockFound, .peers, .peersFailed,
            .relay, .receiptsMissed:
            []
        }
    }

    private mutating func close() -> [Action] {
        isClosed = true
        sparsePending = Sparse()
        return [.unregister, .log(.disconnected(user))]
    }

    /// Handles a frame of the client, or defers it.
    private mutating func receive(_ frame: Pending.Frame, _ now: Timestamp) -> [Action] {
        if mustWait(frame) {
            pending.deferred.append(frame)
            return pauseReadingIfBacklogged()
        }
        if isEnding { return [] }
        let actions = answer(to: frame, now)
        if opened != nil { return actions }
        if case .event(.auth) = frame { return actions }
        return actions + countEventBeforeAuth()
    }

    private mutating func answer(to frame: Pending.Frame, _ now: Timestamp) -> [Action] {
        switch frame {
        case .event(let event): return answer(to: event, now)
        case .malformed(let error):
            return [
                .log(.badEvent(error.description)), failure(.invalidEvent, clientMessageID: error.clientMessageID),
            ]
        }
    }

    private mutating func answer(to event: ClientEvent, _ now: Timestamp) -> [Action] {
        if userIDs != .any, let user = event.namedUsers.first(where: { !userIDs.allows($0) }) {
            return refuse(event, naming: user)
        }
        switch event {
        case .auth(let auth): return authorize(auth)
        case .message(let message): return accept(message, now)
        case .ack(let cursor): return acknowledge(cursor)
        case .read(let peer, let messageID): return read(with: peer, upTo: messageID)
        case .typing(let receiver): return typing(to: receiver, now)
        case .refresh(let token): return refresh(token)
        case .block(let other): return setBlocked(true, other)
        case .unblock(let other): return setBlocked(false, other)
        case .isBlocked(let other): return findBlock(other)
        case .unknown: return []
        }
    }
}

// MARK: - Deferred input and backpressure

extension Session {
    var pending: Pending {
        get { sparsePending.value }
        _modify { yield &sparsePending.value }
    }

    private func mustWait(_ frame: Pending.Frame) -> Bool {
        if sparsePending.isEmpty { return false }
        if pending.attempt != nil || pending.isRefreshing { return true }
        if case .event(.message) = frame { return pending.catchUp != nil }
        return false
    }

    mutating func handleDeferred(_ now: Timestamp) -> [Action] {
        let deferred = pending.deferred
        pending.deferred = []
        return deferred.flatMap { receive($0, now) } + resumeReadingIfDrained()
    }

    mutating func pauseReadingIfBacklogged() -> [Action] {
        let limit = Self.maxWaitingForDatabase
        guard !isReadingPaused, messagesInFlight + readsInFlight >= limit || deferredCount >= limit else { return [] }
        isReadingPaused = true
        return [.pauseReading]
    }

    mutating func resumeReadingIfDrained() -> [Action] {
        let lowWatermark = Self.maxWaitingForDatabase / 2
        guard isReadingPaused, messagesInFlight + readsInFlight <= lowWatermark, deferredCount <= lowWatermark else {
            return []
        }
        isReadingPaused = false
        return [.resumeReading]
    }

    /// Throttles the client. Nothing is lost, because unread frames wait in the socket. A client of the first protocol
    /// gets no error, because it would take it for the answer to its message.
    private func throttle(for time: Duration) -> [Action] {
        let retryAfterMs = Int(time / .milliseconds(1)) + 1
        return [.log(.flooded(user)), .throttle(time)]
            + (speaksProtocol2 ? [failure(.rateLimited, retryAfterMs: retryAfterMs)] : [])
    }

    private var deferredCount: Int { sparsePending.isEmpty ? 0 : pending.deferred.count }
}

// MARK: - Helpers

extension Session {
    var speaksProtocol2: Bool { opened?.speaksProtocol2 ?? false }

    var requester: Authorizer.Requester { Authorizer.Requester(user) }

    func failure(
        _ code: ErrorCode, text: UntrustedText = ServerText.processingFailed, clientMessageID: ClientMessageID? = nil,
        answers: RequestKind? = nil, retryAfterMs: Int? = nil
    ) -> Action {
        var failure = ServerEvent.Failure(message: text, code: code)
        if speaksProtocol2 {
            failure.clientMessageID = clientMessageID
            failure.answers = answers
            failure.retryAfterMs = retryAfterMs
        }
        return .send(.error(failure))
    }
}
