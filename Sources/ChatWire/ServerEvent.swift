/// What a server says, one JSON object in a text frame each.
///
/// The optional fields belong to protocol 2 and are left out towards clients of the first protocol.
public enum ServerEvent: Sendable, Hashable {
    case authSuccess(AuthSuccess)
    case messageSent(MessageSent)
    case newMessage(NewMessage)
    case error(Failure)
    /// The feed up to this cursor was sent; from here on it is live.
    case resumeComplete(cursor: Int)
    /// The client's copy of the feed does not belong to these data: it is to load the conversations anew.
    case resyncRequired
    /// Up to this message of the conversation with `user`, all is on a device of theirs.
    case delivered(user: UserID, messageID: String)
    /// Up to this message, `user` has seen the conversation: with the one who is told, or with `otherUser` where the
    /// one who is told is `user` on another device.
    case read(user: UserID, otherUser: UserID?, messageID: String)
    case typing(user: UserID)
    case presence(Presence)
    /// The token that the connection was authorised by is good for so long yet.
    case tokenExpiring(inMs: Int)
    /// This user blocks `user`, or does not: the answer to `block` and `unblock`, on each of the user's devices, and to
    /// `is_blocked`.
    case blocked(user: UserID, isBlocked: Bool)
    /// A type that this version does not know. It is ignored.
    case unknown(type: String)

    public struct AuthSuccess: Sendable, Hashable {
        public var message: UntrustedText
        /// Nil from a server of the first protocol, and towards its clients. Then all the rest is nil too.
        public var protocolVersion: Int?
        /// Names this incarnation of the server's data: cursors are good only within one.
        public var epoch: String?
        /// The last cursor of the user's feed.
        public var cursor: Int?
        /// The id of the message at `cursor`, by which a client whose feed begins there finds out a restored database.
        public var messageID: String?
        /// How often the server pings, in milliseconds.
        public var heartbeatMs: Int?
        public var limits: MessageLimits?
        /// The user's own name, where the server knows it.
        public var name: UntrustedText?

        public init(
            message: UntrustedText = ServerText.authorized, protocolVersion: Int? = nil, epoch: String? = nil,
            cursor: Int? = nil, messageID: String? = nil, heartbeatMs: Int? = nil, limits: MessageLimits? = nil,
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

    /// The message is in the database.
    public struct MessageSent: Sendable, Hashable {
        public var messageID: String
        public var clientMessageID: String?
        /// The message's place in the sender's feed.
        public var cursor: Int?
        public var createdAt: Timestamp?
        /// True for a repeat: this is the answer to the first.
        public var duplicate: Bool?

        public init(
            messageID: String, clientMessageID: String? = nil, cursor: Int? = nil, createdAt: Timestamp? = nil,
            duplicate: Bool? = nil
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
        /// The message's place in the receiving user's feed.
        public var cursor: Int?
        public var clientMessageID: String?
        public var product: Product?

        public init(
            message: Message, cursor: Int? = nil, clientMessageID: String? = nil, product: Product? = nil
        ) {
            self.message = message
            self.cursor = cursor
            self.clientMessageID = clientMessageID
            self.product = product
        }
    }

    /// Whether somebody is connected, and until when they were.
    public struct Presence: Sendable, Hashable {
        public var user: UserID
        public var isOnline: Bool
        /// Nil where it is not known.
        public var lastSeen: Timestamp?

        public init(user: UserID, isOnline: Bool, lastSeen: Timestamp? = nil) {
            self.user = user
            self.isOnline = isOnline
            self.lastSeen = lastSeen
        }
    }

    public struct Failure: Sendable, Hashable {
        /// For the user's eyes: one of `ServerText`'s two, from this server.
        public var message: UntrustedText
        /// Nil from a server of the first protocol.
        public var code: ErrorCode?
        /// Which message it is about, if it is about one.
        public var clientMessageID: String?
        /// With `rateLimited`: when to try again, in milliseconds.
        public var retryAfterMs: Int?

        public init(
            message: UntrustedText, code: ErrorCode?, clientMessageID: String? = nil, retryAfterMs: Int? = nil
        ) {
            self.message = message
            self.code = code
            self.clientMessageID = clientMessageID
            self.retryAfterMs = retryAfterMs
        }
    }
}

/// What kind of error it is. Servers of later versions may have more of them than are named here.
public struct ErrorCode: RawRepresentable, Sendable, Hashable, Codable {
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

/// The texts that the older server sends, to the letter: its clients show them.
public enum ServerText {
    public static let authorized: UntrustedText = "Авторизация успешна"
    public static let storageFailed: UntrustedText = "Ошибка сохранения сообщения"
    public static let processingFailed: UntrustedText = "Ошибка обработки сообщения"
}

// MARK: - JSON

extension ServerEvent: Codable {
    private enum CodingKeys: String, CodingKey {
        case type, cursor, inMs
        case user = "userId"
        case isBlocked = "blocked"
        case otherUser = "otherUserId"
        case messageID = "messageId"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let cursor = try container.decodeCursorIfPresent(forKey: .cursor)
        switch try container.decode(String.self, forKey: .type) {
        case "auth_success": self = .authSuccess(try AuthSuccess(from: decoder))
        case "message_sent": self = .messageSent(try MessageSent(from: decoder))
        case "new_message": self = .newMessage(try NewMessage(from: decoder))
        case "error": self = .error(try Failure(from: decoder))
        case "resume_complete":
            self = .resumeComplete(cursor: try cursor ?? container.decode(Int.self, forKey: .cursor))
        case "resync_required": self = .resyncRequired
        case "delivered":
            self = .delivered(
                user: try container.decode(UserID.self, forKey: .user),
                messageID: try container.decode(String.self, forKey: .messageID))
        case "read":
            self = .read(
                user: try container.decode(UserID.self, forKey: .user),
                otherUser: try container.decodeIfPresent(UserID.self, forKey: .otherUser),
                messageID: try container.decode(String.self, forKey: .messageID))
        case "typing": self = .typing(user: try container.decode(UserID.self, forKey: .user))
        case "presence": self = .presence(try Presence(from: decoder))
        case "token_expiring": self = .tokenExpiring(inMs: try container.decode(Int.self, forKey: .inMs))
        case "blocked":
            self = .blocked(
                user: try container.decode(UserID.self, forKey: .user),
                isBlocked: try container.decode(Bool.self, forKey: .isBlocked))
        case let type: self = .unknown(type: type)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .authSuccess(let event):
            try container.encode("auth_success", forKey: .type)
            try event.encode(to: encoder)
        case .messageSent(let event):
            try container.encode("message_sent", forKey: .type)
            try event.encode(to: encoder)
        case .newMessage(let event):
            try container.encode("new_message", forKey: .type)
            try event.encode(to: encoder)
        case .error(let event):
            try container.encode("error", forKey: .type)
            try event.encode(to: encoder)
        case .resumeComplete(let cursor):
            try container.encode("resume_complete", forKey: .type)
            try container.encode(cursor, forKey: .cursor)
        case .resyncRequired:
            try container.encode("resync_required", forKey: .type)
        case .delivered(let user, let messageID):
            try container.encode("delivered", forKey: .type)
            try container.encode(user, forKey: .user)
            try container.encode(messageID, forKey: .messageID)
        case .read(let user, let otherUser, let messageID):
            try container.encode("read", forKey: .type)
            try container.encode(user, forKey: .user)
            try container.encodeIfPresent(otherUser, forKey: .otherUser)
            try container.encode(messageID, forKey: .messageID)
        case .typing(let user):
            try container.encode("typing", forKey: .type)
            try container.encode(user, forKey: .user)
        case .presence(let presence):
            try container.encode("presence", forKey: .type)
            try presence.encode(to: encoder)
        case .tokenExpiring(let inMs):
            try container.encode("token_expiring", forKey: .type)
            try container.encode(inMs, forKey: .inMs)
        case .blocked(let user, let isBlocked):
            try container.encode("blocked", forKey: .type)
            try container.encode(user, forKey: .user)
            try container.encode(isBlocked, forKey: .isBlocked)
        case .unknown(let type):
            try container.encode(type, forKey: .type)
        }
    }
}

extension ServerEvent.Presence: Codable {
    private enum CodingKeys: String, CodingKey {
        case user = "userId"
        case isOnline = "online"
        case lastSeen
    }
}

extension ServerEvent.AuthSuccess: Codable {
    private enum CodingKeys: String, CodingKey {
        case message, epoch, cursor, heartbeatMs, limits, name
        case messageID = "messageId"
        case protocolVersion = "protocol"
    }
}

extension ServerEvent.MessageSent: Codable {
    private enum CodingKeys: String, CodingKey {
        case cursor, createdAt, duplicate
        case messageID = "messageId"
        case clientMessageID = "clientMessageId"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        messageID = try container.decodeID(forKey: .messageID)
        clientMessageID = try container.decodeIfPresent(String.self, forKey: .clientMessageID)
        cursor = try container.decodeIfPresent(Int.self, forKey: .cursor)
        createdAt = try container.decodeIfPresent(Timestamp.self, forKey: .createdAt)
        duplicate = try container.decodeIfPresent(Bool.self, forKey: .duplicate)
    }
}

extension ServerEvent.Failure: Codable {
    private enum CodingKeys: String, CodingKey {
        case message, code, retryAfterMs
        case clientMessageID = "clientMessageId"
    }
}

extension ServerEvent.NewMessage: Codable {
    private enum CodingKeys: String, CodingKey {
        case message, cursor
        case clientMessageID = "clientMessageId"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        message = try container.decode(Message.self, forKey: .message)
        cursor = try container.decodeIfPresent(Int.self, forKey: .cursor)
        clientMessageID = try container.decodeIfPresent(String.self, forKey: .clientMessageID)
        product = try Product(besideFieldsOf: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(message, forKey: .message)
        try container.encodeIfPresent(cursor, forKey: .cursor)
        try container.encodeIfPresent(clientMessageID, forKey: .clientMessageID)
        try product?.encodeBesideFields(to: encoder)
    }
}
