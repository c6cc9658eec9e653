/// An event from a server. Each is one JSON object in a text frame.
///
/// Optional fields belong to protocol 2. Clients with protocol 1 do not get them.
public enum ServerEvent: Sendable, Hashable {
    case authSuccess(AuthSuccess)
    case messageSent(MessageSent)
    case newMessage(NewMessage)
    case error(Failure)
    /// The feed was sent up to this cursor. From now on it is live.
    case resumeComplete(cursor: Int)
    /// The client's copy of the feed does not match the server's data. The client must reload its conversations.
    case resyncRequired
    /// A device of `user` has all messages of the conversation up to this one.
    case delivered(user: UserID, messageID: MessageID)
    /// `user` has seen the conversation up to this message. It is the conversation with the recipient of this event. If
    /// `otherUser` is set, the recipient is another device of `user`, and the conversation is the one with `otherUser`.
    case read(user: UserID, otherUser: UserID?, messageID: MessageID)
    case typing(user: UserID)
    case presence(Presence)
    /// The time until the connection's token expires, in milliseconds.
    case tokenExpiring(inMs: Int)
    /// Whether this user blocks `user`. It answers `block` and `unblock` on each of the user's devices, and
    /// `is_blocked`.
    case blocked(user: UserID, isBlocked: Bool)
    /// A type that this version does not know. It is ignored.
    case unknown(type: String)

    public struct AuthSuccess: Sendable, Hashable {
        public var message: UntrustedText
        /// Nil from a server with protocol 1, and for its clients. All fields below are then nil, too.
        public var protocolVersion: Int?
        /// Identifies this version of the server's data. A cursor is valid only within its epoch.
        public var epoch: Epoch?
        /// The last cursor of the user's feed.
        public var cursor: Int?
        /// The id of the message at `cursor`. With it a client whose feed begins there recognises a restored database.
        public var messageID: MessageID?
        /// The server's ping interval in milliseconds.
        public var heartbeatMs: Int?
        public var limits: MessageLimits?
        /// The user's own display name, if the server knows it.
        public var name: UntrustedText?

        public init(
            message: UntrustedText = ServerText.authorized, protocolVersion: Int? = nil, epoch: Epoch? = nil,
            cursor: Int? = nil, messageID: MessageID? = nil, heartbeatMs: Int? = nil, limits: MessageLimits? = nil,
            name: UntrustedText? = nil
        ) {
            self.message = message
            self.protocolVersion = protocolVersion
            self.epoch = epoch
            self.cursor = cursor
            self.messageID = messageID
            self.heartbeatMs = heartbeatMs
            self.limits = limits
            self.name = name
        }
    }

    /// Confirms that the message is stored.
    public struct MessageSent: Sendable, Hashable {
        public var messageID: MessageID
        public var clientMessageID: ClientMessageID?
        /// The message's cursor in the sender's feed.
        public var cursor: Int?
        public var createdAt: Timestamp?
        /// True if the message is a repeat of one stored before. The event then describes that one.
        public var duplicate: Bool?

        public init(
            messageID: MessageID, clientMessageID: ClientMessageID? = nil, cursor: Int? = nil,
            createdAt: Timestamp? = nil, duplicate: Bool? = nil
        ) {
            self.messageID = messageID
            self.clientMessageID = clientMessageID
            self.cursor = cursor
            self.createdAt = createdAt
            self.duplicate = duplicate
        }
    }

    public struct NewMessage: Sendable, Hashable {
        public var message: Message
        /// The message's cursor in the receiver's feed.
        public var cursor: Int?
        public var clientMessageID: ClientMessageID?
        public var product: Product?

        public init(
            message: Message, cursor: Int? = nil, clientMessageID: ClientMessageID? = nil, product: Product? = nil
        ) {
            self.message = message
            self.cursor = cursor
            self.clientMessageID = clientMessageID
            self.product = product
        }
    }

    /// Whether a user is connected, and when they last were.
    public struct Presence: Sendable, Hashable {
        public var user: UserID
        public var isOnline: Bool
        /// Nil if it is not known.
        public var lastSeen: Timestamp?

        public init(user: UserID, isOnline: Bool, lastSeen: Timestamp? = nil) {
            self.user = user
            self.isOnline = isOnline
            self.lastSeen = lastSeen
        }
    }

    public struct Failure: Sendable, Hashable {
        /// A text for the user. This server sends one of the two texts of `ServerText`.
        public var message: UntrustedText
        /// Nil from a server with protocol 1.
        public var code: ErrorCode?
        /// The sender's id of the message that caused the error; nil if none did.
        public var clientMessageID: ClientMessageID?
        /// The kind of the client's event that the error answers. Nil for messages, from older servers, and if the error
        /// answers no event that the server could read.
        public var answers: RequestKind?
        /// With `rateLimited`: the time to wait before trying again, in milliseconds.
        public var retryAfterMs: Int?

        public init(
            message: UntrustedText, code: ErrorCode?, clientMessageID: ClientMessageID? = nil,
            answers: RequestKind? = nil, retryAfterMs: Int? = nil
        ) {
            self.message = message
            self.code = code
            self.clientMessageID = clientMessageID
            self.answers = answers
            self.retryAfterMs = retryAfterMs
        }
    }
}

/// The kind of an error. Later versions of servers may send kinds that are not listed here.
public struct ErrorCode: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let notAuthorized = ErrorCode(rawValue: "not_authorized")
    public static let forbidden = ErrorCode(rawValue: "forbidden")
    public static let invalidEvent = ErrorCode(rawValue: "invalid_event")
    public static let invalidMessage = ErrorCode(rawValue: "invalid_message")
    public static let messageTooLong = ErrorCode(rawValue: "message_too_long")
    public static let rateLimited = ErrorCode(rawValue: "rate_limited")
    public static let idempotencyConflict = ErrorCode(rawValue: "idempotency_conflict")
    public static let storageFailed = ErrorCode(rawValue: "storage_failed")
}

/// The kind of a client's event that an error answers: the event's `type`. Later versions of servers may send kinds that
/// are not listed here.
public struct RequestKind: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    init(_ kind: ClientEvent.Kind) { self.init(rawValue: kind.rawValue) }

    public static let ack = RequestKind(.ack)
    public static let read = RequestKind(.read)
    public static let refresh = RequestKind(.refresh)
    public static let block = RequestKind(.block)
    public static let unblock = RequestKind(.unblock)
    public static let isBlocked = RequestKind(.isBlocked)

    /// Whether the event was a block or an unblock.
    public var changesBlock: Bool { self == .block || self == .unblock }
}

/// The exact texts of the older server, because its clients show them.
public enum ServerText {
    public static let authorized: UntrustedText = "Авторизация успешна"
    public static let storageFailed: UntrustedText = "Ошибка сохранения сообщения"
    public static let processingFailed: UntrustedText = "Ошибка обработки сообщения"
    public static let noSuchUser: UntrustedText = "Такого пользователя нет"
    public static let keptOut: UntrustedText = "База данных не принимает такое сообщение"
}

// MARK: - JSON

extension ServerEvent {
    /// The member `type` of each event, by which both directions know it.
    enum Kind: String, CaseIterable {
        case authSuccess = "auth_success"
        case messageSent = "message_sent"
        case newMessage = "new_message"
        case error
        case resumeComplete = "resume_complete"
        case resyncRequired = "resync_required"
        case delivered
        case read
        case typing
        case presence
        case tokenExpiring = "token_expiring"
        case blocked
    }
}

extension ServerEvent: JSONDecodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        let cursor = try json.readCursorIfPresent()
        let type = try json.read(.type, as: String.self)
        guard let kind = Kind(rawValue: type) else {
            self = .unknown(type: type)
            return
        }
        switch kind {
        case .authSuccess: self = .authSuccess(try AuthSuccess(json: json))
        case .messageSent: self = .messageSent(try MessageSent(json: json))
        case .newMessage: self = .newMessage(try NewMessage(json: json))
        case .error: self = .error(try Failure(json: json))
        case .resumeComplete:
            guard let cursor else { throw .missing(.cursor) }
            self = .resumeComplete(cursor: cursor)
        case .resyncRequired: self = .resyncRequired
        case .delivered: self = .delivered(user: try json.read(.userID), messageID: try json.read(.messageID))
        case .read:
            self = .read(
                user: try json.read(.userID), otherUser: try json.readIfPresent(.otherUserID),
                messageID: try json.read(.messageID))
        case .typing: self = .typing(user: try json.read(.userID))
        case .presence: self = .presence(try Presence(json: json))
        case .tokenExpiring: self = .tokenExpiring(inMs: try json.read(.inMs))
        case .blocked: self = .blocked(user: try json.read(.userID), isBlocked: try json.read(.blocked))
        }
    }
}

extension ServerEvent: JSONObjectEncodable {
    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.type, type)
        switch self {
        case .authSuccess(let event): event.encodeMembers(to: &json)
        case .messageSent(let event): event.encodeMembers(to: &json)
        case .newMessage(let event): event.encodeMembers(to: &json)
        case .error(let event): event.encodeMembers(to: &json)
        case .resumeComplete(let cursor): json.member(.cursor, cursor)
        case .delivered(let user, let messageID):
            json.member(.userID, user)
            json.member(.messageID, messageID)
        case .read(let user, let otherUser, let messageID):
            json.member(.userID, user)
            json.member(.otherUserID, ifPresent: otherUser)
            json.member(.messageID, messageID)
        case .typing(let user): json.member(.userID, user)
        case .presence(let presence): presence.encodeMembers(to: &json)
        case .tokenExpiring(let inMs): json.member(.inMs, inMs)
        case .blocked(let user, let isBlocked):
            json.member(.userID, user)
            json.member(.blocked, isBlocked)
        case .resyncRequired, .unknown: break
        }
    }

    private var type: String {
        if case .unknown(let type) = self { return type }
        return kind?.rawValue ?? ""
    }

    /// Nil for an unknown one.
    private var kind: Kind? {
        switch self {
        case .authSuccess: .authSuccess
        case .messageSent: .messageSent
        case .newMessage: .newMessage
        case .error: .error
        case .resumeComplete: .resumeComplete
        case .resyncRequired: .resyncRequired
        case .delivered: .delivered
        case .read: .read
        case .typing: .typing
        case .presence: .presence
        case .tokenExpiring: .tokenExpiring
        case .blocked: .blocked
        case .unknown: nil
        }
    }
}

extension ServerEvent.Presence: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        user = try json.read(.userID)
        isOnline = try json.read(.online)
        lastSeen = try json.readIfPresent(.lastSeen)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.userID, user)
        json.member(.online, isOnline)
        json.member(.lastSeen, ifPresent: lastSeen)
    }
}

extension ServerEvent.AuthSuccess: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        message = try json.read(.message)
        protocolVersion = try json.readIfPresent(.protocolVersion)
        epoch = try json.readIfPresent(.epoch)
        cursor = try json.readCursorIfPresent()
        messageID = try json.readIfPresent(.messageID)
        heartbeatMs = try json.readIfPresent(.heartbeatMs)
        limits = try json.readIfPresent(.limits)
        name = try json.readIfPresent(.name)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.message, message)
        json.member(.protocolVersion, ifPresent: protocolVersion)
        json.member(.epoch, ifPresent: epoch)
        json.member(.cursor, ifPresent: cursor)
        json.member(.messageID, ifPresent: messageID)
        json.member(.heartbeatMs, ifPresent: heartbeatMs)
        json.member(.limits, ifPresent: limits)
        json.member(.name, ifPresent: name)
    }
}

extension ServerEvent.MessageSent: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        messageID = MessageID(try json.readID(.messageID))
        clientMessageID = try json.readIfPresent(.clientMessageID)
        cursor = try json.readCursorIfPresent()
        createdAt = try json.readIfPresent(.createdAt)
        duplicate = try json.readIfPresent(.duplicate)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.messageID, messageID)
        json.member(.clientMessageID, ifPresent: clientMessageID)
        json.member(.cursor, ifPresent: cursor)
        json.member(.createdAt, ifPresent: createdAt)
        json.member(.duplicate, ifPresent: duplicate)
    }
}

extension ServerEvent.NewMessage: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        message = try json.read(.message)
        cursor = try json.readCursorIfPresent()
        clientMessageID = try json.readIfPresent(.clientMessageID)
        product = try Product(besideMembersOf: json)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.message, message)
        json.member(.cursor, ifPresent: cursor)
        json.member(.clientMessageID, ifPresent: clientMessageID)
        product?.encodeMembers(to: &json)
    }
}

extension ServerEvent.Failure: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        message = try json.read(.message)
        code = try json.readIfPresent(.code)
        clientMessageID = try json.readIfPresent(.clientMessageID)
        answers = try json.readIfPresent(.answers)
        retryAfterMs = try json.readIfPresent(.retryAfterMs)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.message, message)
        json.member(.code, ifPresent: code)
        json.member(.clientMessageID, ifPresent: clientMessageID)
        json.member(.answers, ifPresent: answers)
        json.member(.retryAfterMs, ifPresent: retryAfterMs)
    }
}

extension ErrorCode: JSONDecodable, JSONEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) { self.init(rawValue: try String(json: json)) }

    public func encode(to json: inout JSONWriter) { rawValue.encode(to: &json) }
}

extension RequestKind: JSONDecodable, JSONEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) { self.init(rawValue: try String(json: json)) }

    public func encode(to json: inout JSONWriter) { rawValue.encode(to: &json) }
}
