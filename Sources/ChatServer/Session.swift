import ChatWire
import DequeModule

/// One connection's side of the protocol, as the server sees it.
///
///     waiting for auth ──auth──▶ authorizing ──authorized──▶ catching up ──all sent──▶ live
///            ▲                    │   │                           ▲                      │
///            └── the database ────┘   └──bad token──▶ ended ◀─────│──the token expired───┤
///                could not say                                    └──── auth, a hole ────┘
///
/// Rules:
/// 1. What comes while `auth` is being looked into is kept, and handled in order once that is settled.
/// 2. A second `auth` as the same user is answered again; as another user it is `forbidden`.
/// 3. An error about one event never closes the connection.
/// 4. A message is confirmed only after it is in the database, in the order of sending.
/// 5. A client that did not say `protocol: 2` gets nothing but the first protocol's events, with exactly their fields.
/// 6. While too many messages wait for the database, the socket is not read.
/// 7. After the end of the connection nothing has an effect any more, whatever is still on its way.
/// 8. A connection is sent its user's feed from one cursor on, each cursor once, in order and without a hole:
///    `message_sent` for what it sent itself, `new_message` for the rest. The first cursor is the one after
///    `auth_success`'s, or after `resume`'s. (A duplicate's `message_sent` has the first one's cursor, and no place.)
/// 9. So that every page of the feed shows what is its own, no page is read while messages of this connection are on
///    their way into the database, and what the client sends while it catches up is stored after that.
/// 10. Pages follow the socket's pace: the next is read when the last is with the system.
/// 11. Marks follow every `resume_complete`, in pages at the socket's pace, and no receipt comes before marks that are older.
/// 12. Who sends too many bytes is read no faster than they may, and told so where the first protocol does not forbid it.
/// 13. Where tokens are asked for, nothing is looked up or registered before one has proved who this is, and what its
///     `sub` says is the user; the user's name is the token's as well. A bad one ends the connection, but a bad
///     `refresh` does not: the token before it counts until 25 seconds after its end.
/// 14. Who has not said who they are is answered some times, and then not borne with any more.
/// 15. A step that fails leaves everything as it was before: what it proved is forgotten, and the time to say who this is
///     goes on.
public struct Session: Sendable {
    let limits: MessageLimits
    let heartbeatMs: Int
    /// How much of the feed is sent before the socket has to have taken it.
    let feedBytesAtOnce: Int
    var opened: Opened?
    /// Messages of this connection that are on their way into the database.
    var messagesInFlight = 0
    /// Read marks and blocks on their way there.
    var readsInFlight = 0
    var typingThrottle = TypingThrottle()
    let requiresToken: Bool
    /// The server has closed the connection, and waits for its end.
    var isEnding = false
    private var isClosed = false
    private var isReadingPaused = false
    private var sparsePending = Sparse<Pending>()

    /// With so many inputs waiting for the database the socket is no longer read.
    static let maxWaitingForDatabase = 64

    /// So much may be heard of somebody who has not said who they are, beside that.
    static let maxEventsBeforeAuth = 20

    /// Who it is, and how far.
    struct Opened: Sendable {
        var admission: Admission
        var protocolVersion: Int
        /// The user's feed was sent up to this cursor.
        var sent: Int
        /// The client said that it has the feed up to this cursor.
        var acknowledged = -1
        /// When its peers were looked up for an `auth` that asked for nothing else.
        var peersSyncedAt: Timestamp?

        var user: UserID { admission.user }
        var speaksProtocol2: Bool { protocolVersion >= 2 }
    }

    /// What there is only while something is under way.
    struct Pending: Sendable, Emptiable {
        /// Being looked into.
        var attempt: AuthAttempt?
        /// Another token is being checked.
        var isRefreshing = false
        /// The token that came with the upgrade request, for an `auth` without one.
        var bearer: String?
        /// What the client said that has to wait.
        var deferred: Deque<Input> = []
        var catchUp: CatchUp?
        var peerSync: PeerSyncProgress?
        /// What was heard of somebody who has not said who they are.
        var eventsBeforeAuth = 0

        var isEmpty: Bool {
            eventsBeforeAuth == 0 && attempt == nil && deferred.isEmpty && catchUp == nil && peerSync == nil
                && !isRefreshing
                && bearer == nil
        }
    }

    /// The biggest are kept apart, so that the others are quick to hand on.
    public enum Input: Sendable, Hashable {
        /// A text frame, decoded.
        indirect case event(ClientEvent)
        /// A text frame that is no event, or a binary frame.
        case malformed(WireCodec.Malformed)
        /// Whom the token names.
        indirect case authenticated(Identity)
        case notAuthenticated(AuthenticationError)
        /// The time that was named by `remind` has come.
        case timerFired
        indirect case authorized(Account)
        /// An operator keeps the user out.
        case banned
        /// The database could not say who this is.
        case authorizationFailed
        /// The time is over that a connection has to say who it is.
        case notAdmitted
        /// The user has as many connections already as they may.
        case tooManyConnections
        /// The user sent far more bytes than they may: so long that counts for nothing else.
        case flooded(Duration)
        case appended(MessageDraft, Result<AppendOutcome, StoreError>)
        /// Somebody's message, for one of its two users, who is this connection's.
        case delivery(StoredMessage)
        /// The feed after a cursor that was asked for.
        case feedPage(after: Int, [StoredMessage])
        case feedFailed
        /// Everything sent before `awaitSent` is with the system.
        case sent
        /// Whether a read mark was stored: nil where the conversation has no such message.
        case readMarked(Result<Bool?, StoreError>)
        /// The block was set or taken away, or nothing was changed.
        case blockSet(StoreError?)
        /// The user blocks as many as they may.
        case tooManyBlocks
        /// Whether the user blocks this one.
        case blockFound(UserID, Result<Bool, StoreError>)
        /// How far the recent conversations are, and which of their peers are online or were.
        /// - Parameter next: From where there is more of it; nil at the end.
        indirect case peers([ConversationMarks], [ServerEvent.Presence], next: PeerPagePosition? = nil)
        case peersFailed
        /// What others do: `delivered`, `read`, `typing` or `presence`.
        indirect case relay(ServerEvent)
        /// The socket is no more.
        case closed
    }

    /// The biggest are kept apart, as with ``Input``.
    public enum Action: Sendable, Hashable {
        indirect case send(ServerEvent)
        /// Find out whose token this is, and answer with `authenticated` or `notAuthenticated`.
        case authenticate(token: String)
        /// Answer with `reminded` at this time, in place of what was asked for before.
        case setTimer(at: Timestamp)
        /// Find out about this user, and answer with `authorized` or `authorizationFailed`.
        /// - Parameter name: How the user is called from now on, where something new may be known of that.
        indirect case authorize(UserID, resume: FeedPosition?, name: UntrustedText? = nil)
        /// From now on this connection is one of the user's devices.
        case register(UserID)
        /// It is known who this is: the time to say so is over no more.
        case admit
        /// It is nobody's device any more.
        case unregister
        /// Answered by `appended`, in order.
        case append(MessageDraft)
        /// Answered by `feedPage` or `feedFailed`.
        case readFeed(of: UserID, after: Int, limit: Int)
        /// Answered by `sent`, once everything sent before is with the system, and its user may have the next page.
        /// - Parameter permits: What the next page costs.
        case awaitSent(permits: Int)
        case acknowledge(Acknowledgement)
        /// Answered by `readMarked`.
        case markRead(by: UserID, with: UserID, upTo: MessageID)
        case relayTyping(by: UserID, to: UserID)
        /// Answered by `blockSet`, `tooManyBlocks` or `banned`.
        case setBlocked(Bool, UserID, by: UserID)
        /// Answered by `blockFound`.
        case findBlock(UserID, by: UserID)
        /// The user is here: peers of the last days are told so. Answered by `peers` or `peersFailed`, page by page.
        case syncPeers(of: UserID, from: PeerPagePosition = .start)
        case pauseReading
        case resumeReading
        /// Read nothing for so long, whatever else is said about reading.
        case throttle(Duration)
        case close(code: UInt16)
        case log(LogLine)
    }

    /// - `requiresToken`: Whether a user has to prove who they are.
    /// - `bearer`: The token of the upgrade request, where it had one.
    /// - `outboundBytes`: How much the socket keeps for a client that is slow to read.
    public init(
        limits: MessageLimits, heartbeatMs: Int, requiresToken: Bool = false, bearer: String? = nil,
        outboundBytes: Int = 1 << 20
    ) {
        self.limits = limits
        feedBytesAtOnce = CatchUp.bytesAtOnce(fitting: outboundBytes)
        self.heartbeatMs = heartbeatMs
        self.requiresToken = requiresToken
        if requiresToken, let bearer { pending.bearer = bearer }
    }

    public var user: UserID? { opened?.user }

    /// Whether it is being looked into who this is.
    var isAuthorizing: Bool { !sparsePending.isEmpty && pending.attempt != nil }

    public mutating func handle(_ input: Input, now: Timestamp) -> [Action] {
        if isClosed { return [] }
        if isEnding { return handleAtEnd(input) }
        switch input {
        case .event, .malformed: return mustWait(input) ? deferInput(input) : handleClientInput(input, now)
        case .authenticated(let identity): return authenticated(identity, now)
        case .notAuthenticated(let error): return notAuthenticated(error, now)
        case .timerFired: return timerFired(now)
        case .authorized(let account): return open(account, now)
        case .banned: return banned()
        case .authorizationFailed: return pending.attempt?.admission == nil ? [] : refuse(now)
        case .notAdmitted: return notAdmitted()
        case .tooManyConnections:
            return end(.rateLimited, Self.tooManyConnections, because: "the user has too many connections")
        case .flooded(let time): return throttle(for: time)
        case .appended(let draft, let result): return confirm(draft, result, now)
        case .delivery(let stored): return deliver(stored, now)
        case .feedPage(let cursor, let messages): return take(page: messages, after: cursor, now)
        case .feedFailed: return feedFailed()
        case .sent: return sent(now)
        case .readMarked(let result): return readMarked(result)
        case .blockSet(let error): return blockSet(error)
        case .tooManyBlocks: return tooManyBlocks()
        case .blockFound(let other, let result): return blockFound(other, result)
        case .peers(let marks, let presences, let next): return takePeers(marks, presences, next)
        case .peersFailed:
            opened?.peersSyncedAt = nil
            return takePeers([], [], nil)
        case .relay(let event): return relay(event)
        case .closed: return close()
        }
    }

    private mutating func handleAtEnd(_ input: Input) -> [Action] {
        switch input {
        case .closed: close()
        case .flooded(let time): [.throttle(time)]
        default: []
        }
    }

    private mutating func close() -> [Action] {
        isClosed = true
        sparsePending = Sparse()
        return [.unregister, .log(.disconnected(user))]
    }

    /// What the client said.
    private mutating func handleClientInput(_ input: Input, _ now: Timestamp) -> [Action] {
        if isEnding { return [] }
        let actions = answer(to: input, now)
        if opened != nil { return actions }
        if case .event(.auth) = input { return actions }
        return actions + countEventBeforeAuth()
    }

    private mutating func answer(to input: Input, _ now: Timestamp) -> [Action] {
        switch input {
        case .event(let event): return answer(to: event, now)
        case .malformed(let error):
            return [
                .log(.badEvent(error.description)), failure(.invalidEvent, clientMessageID: error.clientMessageID),
            ]
        default: return []  // said by others than the client
        }
    }

    private mutating func answer(to event: ClientEvent, _ now: Timestamp) -> [Action] {
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

// MARK: - What has to wait

extension Session {
    var pending: Pending {
        get { sparsePending.value }
        _modify { yield &sparsePending.value }
    }

    private func mustWait(_ input: Input) -> Bool {
        if sparsePending.isEmpty { return false }
        if pending.attempt != nil || pending.isRefreshing { return true }
        if case .event(.message) = input { return pending.catchUp != nil }
        return false
    }

    private mutating func deferInput(_ input: Input) -> [Action] {
        pending.deferred.append(input)
        return pauseReadingIfTooMuchWaits()
    }

    mutating func handleDeferred(_ now: Timestamp) -> [Action] {
        let deferred = pending.deferred
        pending.deferred = []
        return deferred.flatMap { mustWait($0) ? deferInput($0) : handleClientInput($0, now) }
            + resumeReadingIfDrained()
    }

    mutating func pauseReadingIfTooMuchWaits() -> [Action] {
        let limit = Self.maxWaitingForDatabase
        guard !isReadingPaused, messagesInFlight + readsInFlight >= limit || deferredCount >= limit else { return [] }
        isReadingPaused = true
        return [.pauseReading]
    }

    mutating func resumeReadingIfDrained() -> [Action] {
        let few = Self.maxWaitingForDatabase / 2
        guard isReadingPaused, messagesInFlight + readsInFlight <= few, deferredCount <= few else { return [] }
        isReadingPaused = false
        return [.resumeReading]
    }

    /// Nothing is lost: what is not read waits in the socket. A client of the first protocol would take an error for the
    /// answer to its message.
    private func throttle(for time: Duration) -> [Action] {
        let retryAfterMs = Int(time / .milliseconds(1)) + 1
        return [.log(.flooded(user)), .throttle(time)]
            + (speaksProtocol2 ? [failure(.rateLimited, retryAfterMs: retryAfterMs)] : [])
    }

    private var deferredCount: Int { sparsePending.isEmpty ? 0 : pending.deferred.count }
}

// MARK: - Small parts

extension Session {
    var speaksProtocol2: Bool { opened?.speaksProtocol2 ?? false }

    var requester: Authorizer.Requester { Authorizer.Requester(user) }

    func failure(
        _ code: ErrorCode, text: UntrustedText = ServerText.processingFailed, clientMessageID: ClientMessageID? = nil,
        retryAfterMs: Int? = nil
    ) -> Action {
        var failure = ServerEvent.Failure(message: text, code: code)
        if speaksProtocol2 {
            failure.clientMessageID = clientMessageID
            failure.retryAfterMs = retryAfterMs
        }
        return .send(.error(failure))
    }
}
