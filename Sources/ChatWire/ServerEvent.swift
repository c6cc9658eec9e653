/// What a server says, one JSON object in a text frame each.
///
/// The optional fields belong to protocol 2 and are left out towards clients of the first protocol.
public enum ServerEvent: Sendable, Hashable {
    case authSuccess(AuthSuccess)
    case messageSent(MessageSent)
    case newMessage(NewMessage)
    case error(Failure)
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
        /// How often the server pings, in milliseconds.
        public var heartbeatMs: Int?
        public var limits: MessageLimits?
        /// The user's own name, where the server knows it.
        public var name: UntrustedText?

        public init(
            message: UntrustedText = ServerText.authorized, protocolVersion: Int? = nil, epoch: String? = nil,
            cursor: Int? = nil, heartbeatMs: Int? = nil, limits: MessageLimits? = nil, name: UntrustedText? = nil
        ) {
            self.message = message
            self.protocolVersion = protocolVersion
            self.epoch = epoch
            self.cursor = cursor
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

    public struct Failure: Sendable, Hashable {
        /// For the user's eyes: one of `ServerText`'s two, from this server.
        public var message: UntrustedText
        /// Nil from a server of the first protocol, or where this version does not know the code.
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

public enum ErrorCode: String, Sendable, Hashable, Codable, CaseIterable {
    case notAuthorized = "not_authorized"
    case forbidden
    case invalidEvent = "invalid_event"
    case invalidMessage = "invalid_message"
    case messageTooLong = "message_too_long"
    case rateLimited = "rate_limited"
    case idempotencyConflict = "idempotency_conflict"
    case storageFailed = "storage_failed"
}

/// The texts that the older server sends, to the letter: its clients show them.
public enum ServerText {
    public static let authorized: UntrustedText = "Авторизация успешна"
    public static let storageFailed: UntrustedText = "Ошибка сохранения сообщения"
    public static let processingFailed: UntrustedText = "Ошибка обработки сообщения"
}

extension ServerEvent: Codable {
    enum CodingKeys: String, CodingKey {
        case type, message, epoch, cursor, heartbeatMs, limits, name, createdAt, duplicate, code, retryAfterMs
        case protocolVersion = "protocol"
        case messageID = "messageId"
        case clientMessageID = "clientMessageId"
        case productID = "productId"
        case productTitle
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "auth_success": self = .authSuccess(try AuthSuccess(container))
        case "message_sent": self = .messageSent(try MessageSent(container))
        case "new_message": self = .newMessage(try NewMessage(container))
        case "error": self = .error(try Failure(container))
        case let type: self = .unknown(type: type)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .authSuccess(let event):
            try container.encode("auth_success", forKey: .type)
            try event.encode(into: &container)
        case .messageSent(let event):
            try container.encode("message_sent", forKey: .type)
            try event.encode(into: &container)
        case .newMessage(let event):
            try container.encode("new_message", forKey: .type)
            try event.encode(into: &container)
        case .error(let event):
            try container.encode("error", forKey: .type)
            try event.encode(into: &container)
        case .unknown(let type):
            try container.encode(type, forKey: .type)
        }
    }
}

private typealias Reader = KeyedDecodingContainer<ServerEvent.CodingKeys>
private typealias Writer = KeyedEncodingContainer<ServerEvent.CodingKeys>

extension ServerEvent.AuthSuccess {
    fileprivate init(_ reader: Reader) throws {
        message = try reader.decodeIfPresent(UntrustedText.self, forKey: .message) ?? ""
        protocolVersion = try reader.decodeIfPresent(Int.self, forKey: .protocolVersion)
        epoch = try reader.decodeIfPresent(String.self, forKey: .epoch)
        cursor = try reader.decodeIfPresent(Int.self, forKey: .cursor)
        heartbeatMs = try reader.decodeIfPresent(Int.self, forKey: .heartbeatMs)
        limits = try reader.decodeIfPresent(MessageLimits.self, forKey: .limits)
        name = try reader.decodeIfPresent(UntrustedText.self, forKey: .name)
    }

    fileprivate func encode(into writer: inout Writer) throws {
        try writer.encode(message, forKey: .message)
        try writer.encodeIfPresent(protocolVersion, forKey: .protocolVersion)
        try writer.encodeIfPresent(epoch, forKey: .epoch)
        try writer.encodeIfPresent(cursor, forKey: .cursor)
        try writer.encodeIfPresent(heartbeatMs, forKey: .heartbeatMs)
        try writer.encodeIfPresent(limits, forKey: .limits)
        try writer.encodeIfPresent(name, forKey: .name)
    }
}

extension ServerEvent.MessageSent {
    fileprivate init(_ reader: Reader) throws {
        messageID = try reader.decode(String.self, forKey: .messageID)
        clientMessageID = try reader.decodeIfPresent(String.self, forKey: .clientMessageID)
        cursor = try reader.decodeIfPresent(Int.self, forKey: .cursor)
        createdAt = try reader.decodeIfPresent(Timestamp.self, forKey: .createdAt)
        duplicate = try reader.decodeIfPresent(Bool.self, forKey: .duplicate)
    }

    fileprivate func encode(into writer: inout Writer) throws {
        try writer.encode(messageID, forKey: .messageID)
        try writer.encodeIfPresent(clientMessageID, forKey: .clientMessageID)
        try writer.encodeIfPresent(cursor, forKey: .cursor)
        try writer.encodeIfPresent(createdAt, forKey: .createdAt)
        try writer.encodeIfPresent(duplicate, forKey: .duplicate)
    }
}

extension ServerEvent.NewMessage {
    fileprivate init(_ reader: Reader) throws {
        message = try reader.decode(Message.self, forKey: .message)
        cursor = try reader.decodeIfPresent(Int.self, forKey: .cursor)
        clientMessageID = try reader.decodeIfPresent(String.self, forKey: .clientMessageID)
        product = try reader.decodeProduct(id: .productID, title: .productTitle)
    }

    fileprivate func encode(into writer: inout Writer) throws {
        try writer.encode(message, forKey: .message)
        try writer.encodeIfPresent(cursor, forKey: .cursor)
        try writer.encodeIfPresent(clientMessageID, forKey: .clientMessageID)
        try writer.encodeIfPresent(product?.id, forKey: .productID)
        try writer.encodeIfPresent(product?.title, forKey: .productTitle)
    }
}

extension ServerEvent.Failure {
    fileprivate init(_ reader: Reader) throws {
        message = try reader.decodeIfPresent(UntrustedText.self, forKey: .message) ?? ""
        code = try reader.decodeIfPresent(String.self, forKey: .code).flatMap(ErrorCode.init)
        clientMessageID = try reader.decodeIfPresent(String.self, forKey: .clientMessageID)
        retryAfterMs = try reader.decodeIfPresent(Int.self, forKey: .retryAfterMs)
    }

    fileprivate func encode(into writer: inout Writer) throws {
        try writer.encode(message, forKey: .message)
        try writer.encodeIfPresent(code, forKey: .code)
        try writer.encodeIfPresent(clientMessageID, forKey: .clientMessageID)
        try writer.encodeIfPresent(retryAfterMs, forKey: .retryAfterMs)
    }
}
