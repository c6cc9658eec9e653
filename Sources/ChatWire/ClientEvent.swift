/// What a client says, one JSON object in a text frame each.
public enum ClientEvent: Sendable, Hashable {
    case auth(Auth)
    case message(OutgoingMessage)
    /// Everything up to this cursor of the user's feed is stored on this device.
    case ack(cursor: Int)
    /// The user has seen the conversation with `otherUser` up to this message.
    case read(otherUser: UserID, messageID: String)
    case typing(receiver: UserID)
    /// Another token of the same user, before the one that the connection was authorised by expires.
    case refresh(token: String)
    /// Nothing that `user` writes from now on reaches this user, and neither hears of the other, until `unblock`.
    case block(UserID)
    case unblock(UserID)
    /// Whether the user blocks this one is to be told by `blocked`.
    case isBlocked(UserID)
    /// A type that this version does not know. It is ignored, so that newer clients can talk to older servers.
    case unknown(type: String)

    public struct Auth: Sendable, Hashable {
        public var user: UserID
        /// Nil from a client of the first protocol.
        public var protocolVersion: Int?
        public var token: String?
        /// Where the client's copy of the feed ends. Nil: it has none.
        public var resume: FeedPosition?
        /// How the user calls themselves. It counts where nobody has to prove who they are, and what is no name is left out.
        public var name: UntrustedText?

        public init(
            user: UserID, protocolVersion: Int? = nil, token: String? = nil, resume: FeedPosition? = nil,
            name: UntrustedText? = nil
        ) {
            self.user = user
            self.protocolVersion = protocolVersion
            self.token = token
            self.resume = resume
            self.name = name.flatMap { $0.isName ? $0 : nil }
        }
    }

    public struct OutgoingMessage: Sendable, Hashable {
        public var sender: UserID
        public var receiver: UserID
        public var text: UntrustedText
        /// Makes a repeat recognisable: unique for ever among the sender's messages.
        public var clientMessageID: String?
        public var product: Product?

        public init(
            sender: UserID, receiver: UserID, text: UntrustedText, clientMessageID: String? = nil,
            product: Product? = nil
        ) {
            self.sender = sender
            self.receiver = receiver
            self.text = text
            self.clientMessageID = clientMessageID
            self.product = product
        }
    }
}

/// A place in a user's feed.
public struct FeedPosition: Sendable, Hashable, Codable {
    /// The incarnation of the server's data that the cursor belongs to.
    public var epoch: String
    /// 0 stands before the first message.
    public var cursor: Int
    /// The id of the message at `cursor`, by which a restored database is found out.
    public var messageID: String?

    public init(epoch: String, cursor: Int, messageID: String? = nil) {
        self.epoch = epoch
        self.cursor = cursor
        self.messageID = messageID
    }

    private enum CodingKeys: String, CodingKey {
        case epoch, cursor
        case messageID = "messageId"
    }
}

// MARK: - JSON

extension ClientEvent: Codable {
    private enum CodingKeys: String, CodingKey {
        case type, cursor, token
        case user = "userId"
        case otherUser = "otherUserId"
        case messageID = "messageId"
        case receiver = "receiverId"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "auth": self = .auth(try Auth(from: decoder))
        case "message": self = .message(try OutgoingMessage(from: decoder))
        case "ack": self = .ack(cursor: try container.decode(Int.self, forKey: .cursor))
        case "read":
            self = .read(
                otherUser: try container.decode(UserID.self, forKey: .otherUser),
                messageID: try container.decode(String.self, forKey: .messageID))
        case "typing": self = .typing(receiver: try container.decode(UserID.self, forKey: .receiver))
        case "refresh": self = .refresh(token: try container.decode(String.self, forKey: .token))
        case "block": self = .block(try container.decode(UserID.self, forKey: .user))
        case "unblock": self = .unblock(try container.decode(UserID.self, forKey: .user))
        case "is_blocked": self = .isBlocked(try container.decode(UserID.self, forKey: .user))
        case let type: self = .unknown(type: type)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .auth(let auth):
            try container.encode("auth", forKey: .type)
            try auth.encode(to: encoder)
        case .message(let message):
            try container.encode("message", forKey: .type)
            try message.encode(to: encoder)
        case .ack(let cursor):
            try container.encode("ack", forKey: .type)
            try container.encode(cursor, forKey: .cursor)
        case .read(let otherUser, let messageID):
            try container.encode("read", forKey: .type)
            try container.encode(otherUser, forKey: .otherUser)
            try container.encode(messageID, forKey: .messageID)
        case .typing(let receiver):
            try container.encode("typing", forKey: .type)
            try container.encode(receiver, forKey: .receiver)
        case .refresh(let token):
            try container.encode("refresh", forKey: .type)
            try container.encode(token, forKey: .token)
        case .block(let user):
            try container.encode("block", forKey: .type)
            try container.encode(user, forKey: .user)
        case .unblock(let user):
            try container.encode("unblock", forKey: .type)
            try container.encode(user, forKey: .user)
        case .isBlocked(let user):
            try container.encode("is_blocked", forKey: .type)
            try container.encode(user, forKey: .user)
        case .unknown(let type):
            try container.encode(type, forKey: .type)
        }
    }
}

extension ClientEvent.Auth: Codable {
    private enum CodingKeys: String, CodingKey {
        case user = "userId"
        case protocolVersion = "protocol"
        case token, resume, name
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            user: try container.decode(UserID.self, forKey: .user),
            protocolVersion: try container.decodeIfPresent(Int.self, forKey: .protocolVersion),
            token: try container.decodeIfPresent(String.self, forKey: .token),
            resume: try container.decodeIfPresent(FeedPosition.self, forKey: .resume),
            // Whatever a client of another make has here must not keep its user out.
            name: try? container.decodeIfPresent(UntrustedText.self, forKey: .name))
    }
}

extension ClientEvent.OutgoingMessage: Codable {
    private enum CodingKeys: String, CodingKey {
        case sender = "senderId"
        case receiver = "receiverId"
        case text = "messageText"
        case clientMessageID = "clientMessageId"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        sender = try container.decode(UserID.self, forKey: .sender)
        receiver = try container.decode(UserID.self, forKey: .receiver)
        text = try container.decode(UntrustedText.self, forKey: .text)
        clientMessageID = try container.decodeIfPresent(String.self, forKey: .clientMessageID)
        product = try Product(besideFieldsOf: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(sender, forKey: .sender)
        try container.encode(receiver, forKey: .receiver)
        try container.encode(text, forKey: .text)
        try container.encodeIfPresent(clientMessageID, forKey: .clientMessageID)
        try product?.encodeBesideFields(to: encoder)
    }
}
