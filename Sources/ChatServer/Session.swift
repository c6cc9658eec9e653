import ChatWire
import DequeModule

/// One connection's side of the protocol, as the server sees it.
///
///     waiting for auth ──auth──▶ authorizing ──authorized──▶ open
///            ▲                        │
///            └──────── refused ───────┘
///
/// Rules:
/// 1. What comes while `auth` is being looked into is kept, and handled in order once that is settled.
/// 2. A second `auth` as the same user is answered again; as another user it is `forbidden`.
/// 3. An error about one event never closes the connection.
/// 4. A message is confirmed only after it is in the database, in the order of sending.
/// 5. A client that did not say `protocol: 2` gets nothing but the first protocol's events, with exactly their fields.
/// 6. While too many messages wait for the database, the socket is not read.
/// 7. After the end of the connection nothing has an effect any more, whatever is still on its way.
public struct Session: Sendable {
    private var state: State = .waitingForAuth
    private let limits: MessageLimits
    private let heartbeatMs: Int
    private var waitingForDatabase = 0
    private var isReadingPaused = false

    /// Above this many messages that wait for the database the socket is no longer read.
    static let mostWaitingForDatabase = 64

    private enum State {
        case waitingForAuth
        case authorizing(ClientEvent.Auth, before: Opened?, kept: Deque<Input>)
        case open(Opened)
        case closed
    }

    private struct Opened {
        var user: UserID
        var protocolVersion: Int
    }

    public enum Input: Sendable, Hashable {
        /// A text frame, decoded.
        case event(ClientEvent)
        /// A text frame that is no event, with the decoder's words for it, or a binary frame.
        case malformed(String)
        case authorized(Account)
        /// The database could not say who this is.
        case authorizationFailed
        case appended(MessageDraft, Result<AppendOutcome, StoreError>)
        /// Somebody's message, for one of its two users, who is this connection's.
        case delivery(StoredMessage)
        /// The socket is no more.
        case closed
    }

    /// What the database knows of a user who logs in.
    public struct Account: Sendable, Hashable {
        public var epoch: String
        public var cursor: Int
        public var name: UntrustedText?

        public init(epoch: String, cursor: Int, name: UntrustedText? = nil) {
            self.epoch = epoch
            self.cursor = cursor
            self.name = name
        }
    }

    public enum Action: Sendable, Hashable {
        case send(ServerEvent)
        /// Find out about this user, and answer with `authorized` or `authorizationFailed`.
        case authorize(UserID)
        /// From now on this connection is one of the user's devices.
        case register(UserID)
        /// It is nobody's device any more.
        case unregister
        case append(MessageDraft)
        case pauseReading
        case resumeReading
        case log(LogLine)
    }

    public init(limits: MessageLimits, heartbeatMs: Int) {
        self.limits = limits
        self.heartbeatMs = heartbeatMs
    }

    public var user: UserID? {
        opened?.user
    }

    public mutating func handle(_ input: Input, now: Timestamp) -> [Action] {
        if case .closed = state { return [] }
        if case .closed = input { return close() }
        if case .authorizing(let auth, let before, var kept) = state {
            switch input {
            case .authorized(let account): return open(auth, account, kept, now)
            case .authorizationFailed: return refuse(before, kept, now)
            case .event, .malformed, .appended, .delivery, .closed:
                kept.append(input)
                state = .authorizing(auth, before: before, kept: kept)
                return kept.count >= Self.mostWaitingForDatabase ? pauseReading() : []
            }
        }
        switch input {
        case .event(.auth(let auth)): return authorize(auth)
        case .event(.message(let message)): return accept(message, now)
        case .event(.ack), .event(.read), .event(.typing), .event(.unknown): return []
        case .malformed(let reason): return [.log(.badEvent(reason)), failure(.invalidEvent)]
        case .appended(let draft, let result): return confirm(draft, result)
        case .delivery(let stored): return deliver(stored)
        case .authorized, .authorizationFailed, .closed: return []
        }
    }

    private mutating func close() -> [Action] {
        defer { state = .closed }
        return [.unregister, .log(.disconnected(user))]
    }
}

// MARK: - Authorising

extension Session {
    private mutating func authorize(_ auth: ClientEvent.Auth) -> [Action] {
        if let user, user != auth.user { return [failure(.forbidden)] }
        state = .authorizing(auth, before: opened, kept: [])
        // Registered before the feed is read: nothing that is stored in between can be missed.
        return [.register(auth.user), .authorize(auth.user)]
    }

    private mutating func open(
        _ auth: ClientEvent.Auth, _ account: Account, _ kept: Deque<Input>, _ now: Timestamp
    ) -> [Action] {
        let version = auth.protocolVersion.map { $0 >= 2 ? 2 : 1 } ?? 1
        state = .open(Opened(user: auth.user, protocolVersion: version))
        let success =
            version >= 2
            ? ServerEvent.AuthSuccess(
                protocolVersion: version, epoch: account.epoch, cursor: account.cursor, heartbeatMs: heartbeatMs,
                limits: limits, name: account.name)
            : ServerEvent.AuthSuccess()
        return [.send(.authSuccess(success)), .log(.authorized(auth.user))] + handleKept(kept, now)
    }

    private mutating func refuse(_ before: Opened?, _ kept: Deque<Input>, _ now: Timestamp) -> [Action] {
        state = before.map(State.open) ?? .waitingForAuth
        return [failure(.storageFailed, text: ServerText.processingFailed)] + handleKept(kept, now)
    }

    private mutating func handleKept(_ kept: Deque<Input>, _ now: Timestamp) -> [Action] {
        var kept = kept
        var actions: [Action] = []
        while let input = kept.popFirst() {
            actions += handle(input, now: now)
        }
        return actions + resumeReadingIfDrained()
    }
}

// MARK: - Messages

extension Session {
    private mutating func accept(_ message: ClientEvent.OutgoingMessage, _ now: Timestamp) -> [Action] {
        if let code = refusal(of: message) {
            return [.log(.refused(code)), failure(code, clientMessageID: message.clientMessageID)]
        }
        let draft = MessageDraft(
            sender: message.sender, receiver: message.receiver, text: message.text,
            clientMessageID: message.clientMessageID, product: message.product, receivedAt: now)
        waitingForDatabase += 1
        let pause = waitingForDatabase >= Self.mostWaitingForDatabase ? pauseReading() : []
        return [.log(.received(draft)), .append(draft)] + pause
    }

    /// Why a message must not be stored, or nil if it may.
    private func refusal(of message: ClientEvent.OutgoingMessage) -> ErrorCode? {
        guard let user else { return .notAuthorized }
        guard message.sender == user else { return .forbidden }
        guard message.receiver != user else { return .invalidMessage }
        if let id = message.clientMessageID, !ClientMessageID.isValid(id) { return .invalidMessage }
        if let product = message.product, !product.isValid { return .invalidMessage }
        switch limits.check(message.text.wire) {
        case .tooManyCharacters, .tooManyBytes: return .messageTooLong
        case .empty, .containsNUL: return .invalidMessage
        case nil: return nil
        }
    }

    private mutating func confirm(_ draft: MessageDraft, _ result: Result<AppendOutcome, StoreError>) -> [Action] {
        waitingForDatabase -= 1
        let resume = resumeReadingIfDrained()
        switch result {
        case .success(.stored(let stored)):
            return [.log(.stored(stored.message)), .send(.messageSent(confirmation(of: stored, isRepeat: false)))]
                + resume
        case .success(.duplicate(let stored)):
            return [.send(.messageSent(confirmation(of: stored, isRepeat: true)))] + resume
        case .success(.conflict):
            return [
                .log(.refused(.idempotencyConflict)),
                failure(.idempotencyConflict, clientMessageID: draft.clientMessageID),
            ] + resume
        case .failure(let error):
            return [
                .log(.storageFailed(error)),
                failure(.storageFailed, text: ServerText.storageFailed, clientMessageID: draft.clientMessageID),
            ] + resume
        }
    }

    private func confirmation(of stored: StoredMessage, isRepeat: Bool) -> ServerEvent.MessageSent {
        guard speaksProtocol2 else { return .init(messageID: stored.message.id) }
        return .init(
            messageID: stored.message.id, clientMessageID: stored.clientMessageID, cursor: stored.senderCursor,
            createdAt: stored.message.createdAt, duplicate: isRepeat ? true : nil)
    }

    private func deliver(_ stored: StoredMessage) -> [Action] {
        guard let user else { return [] }
        if speaksProtocol2 {
            let event = ServerEvent.NewMessage(
                message: stored.message, cursor: stored.cursor(of: user), clientMessageID: stored.clientMessageID,
                product: stored.product)
            return [.send(.newMessage(event))]
        }
        // An old client would show what its user wrote elsewhere in whatever dialog is open.
        return stored.message.receiver == user ? [.send(.newMessage(.init(message: stored.message)))] : []
    }
}

// MARK: - Small parts

extension Session {
    private var opened: Opened? {
        if case .open(let opened) = state { opened } else { nil }
    }

    private var speaksProtocol2: Bool {
        (opened?.protocolVersion ?? 1) >= 2
    }

    private func failure(
        _ code: ErrorCode, text: UntrustedText = ServerText.processingFailed, clientMessageID: String? = nil
    ) -> Action {
        .send(.error(.init(message: text, code: code, clientMessageID: speaksProtocol2 ? clientMessageID : nil)))
    }

    private mutating func pauseReading() -> [Action] {
        guard !isReadingPaused else { return [] }
        isReadingPaused = true
        return [.pauseReading]
    }

    private mutating func resumeReadingIfDrained() -> [Action] {
        if case .authorizing = state { return [] }
        guard isReadingPaused, waitingForDatabase <= Self.mostWaitingForDatabase / 2 else { return [] }
        isReadingPaused = false
        return [.resumeReading]
    }
}
