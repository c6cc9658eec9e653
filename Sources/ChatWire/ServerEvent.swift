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
    case delivered(user: UserID, messageID: MessageID)
    /// Up to this message, `user` has seen the conversation: with the one who is told, or with `otherUser` where the
    /// one who is told is `user` on another device.
    case read(user: UserID, otherUser: UserID?, messageID: MessageID)
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
        public var epoch: Epoch?
        /// The last cursor of the user's feed.
        public var cursor: Int?
        /// The id of the message at `cursor`, by which a client whose feed begins there finds out a restored database.
        public var messageID: MessageID?
        /// How often the server pings, in milliseconds.
        public var heartbeatMs: Int?
        public var limits: MessageLimits?
        /// The user's own name, where the server knows it.
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

    /// The message is in the database.
    public struct MessageSent: Sendable, Hashable {
        public var messageID: MessageID
        public var clientMessageID: ClientMessageID?
        /// The message's place in the sender's feed.
        public var cursor: Int?
        public var createdAt: Timestamp?
        /// True for a repeat: this is the answer to the first.
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
        /// The message's place in the receiving user's feed.
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
        public var clientMessageID: ClientMessageID?
        /// With `rateLimited`: when to try again, in milliseconds.
        public var retryAfterMs: Int?

        public init(
            message: UntrustedText, code: ErrorCode?, clientMessageID: ClientMessageID? = nil, retryAfterMs: Int? = nil
        ) {
            self.message = message
            self.code = code
            self.clientMessageID = clientMessageID
            self.retryAfterMs = retryAfterMs
        }
    }
}

/// What kind of error it is. Servers of later versions may have more of them than are named here.
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

/// The texts that the older server sends, to the letter: its clients show them.
public enum ServerText {
    public static let authorized: UntrustedText = "Авторизация успешна"
    public static let storageFailed: UntrustedText = "Ошибка сохранения сообщения"
    public static let processingFailed: UntrustedText = "Ошибка обработки сообщения"
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
        switch self {
        case .authSuccess: Kind.authSuccess.rawValue
        case .messageSent: Kind.messageSent.rawValue
        case .newMessage: Kind.newMessage.rawValue
        case .error: Kind.error.rawValue
        case .resumeComplete: Kind.resumeComplete.rawValue
        case .resyncRequired: Kind.resyncRequired.rawValue
        case .delivered: Kind.delivered.rawValue
        case .read: Kind.read.rawValue
        case .typing: Kind.typing.rawValue
        case .presence: Kind.presence.rawValue
        case .tokenExpiring: Kind.tokenExpiring.rawValue
        case .blocked: Kind.blocked.rawValue
        case .unknown(let type): type
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
        retryAfterMs = try json.readIfPresent(.retryAfterMs)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.message, message)
        json.member(.code, ifPresent: code)
        json.member(.clientMessageID, ifPresent: clientMessageID)
        json.member(.retryAfterMs, ifPresent: retryAfterMs)
    }
}

extension ErrorCode: JSONDecodable, JSONEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) { self.init(rawValue: try String(json: json)) }

    public func encode(to json: inout JSONWriter) { rawValue.encode(to: &json) }
}
