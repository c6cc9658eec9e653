/// What a client says, one JSON object in a text frame each.
public enum ClientEvent: Sendable, Hashable {
    case auth(Auth)
    case message(OutgoingMessage)
    /// A type that this version does not know. It is ignored, so that newer clients can talk to older servers.
    case unknown(type: String)

    public struct Auth: Sendable, Hashable {
        public var user: UserID
        /// Nil from a client of the first protocol.
        public var protocolVersion: Int?
        public var token: String?

        public init(user: UserID, protocolVersion: Int? = nil, token: String? = nil) {
            self.user = user
            self.protocolVersion = protocolVersion
            self.token = token
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

extension ClientEvent: Codable {
    enum CodingKeys: String, CodingKey {
        case type
        case userID = "userId"
        case protocolVersion = "protocol"
        case token
        case senderID = "senderId"
        case receiverID = "receiverId"
        case messageText
        case clientMessageID = "clientMessageId"
        case productID = "productId"
        case productTitle
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "auth":
            self = .auth(
                Auth(
                    user: try container.decode(UserID.self, forKey: .userID),
                    protocolVersion: try container.decodeIfPresent(Int.self, forKey: .protocolVersion),
                    token: try container.decodeIfPresent(String.self, forKey: .token)))
        case "message":
            self = .message(
                OutgoingMessage(
                    sender: try container.decode(UserID.self, forKey: .senderID),
                    receiver: try container.decode(UserID.self, forKey: .receiverID),
                    text: try container.decode(UntrustedText.self, forKey: .messageText),
                    clientMessageID: try container.decodeIfPresent(String.self, forKey: .clientMessageID),
                    product: try container.decodeProduct(id: .productID, title: .productTitle)))
        case let type:
            self = .unknown(type: type)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .auth(let auth):
            try container.encode("auth", forKey: .type)
            try container.encode(auth.user, forKey: .userID)
            try container.encodeIfPresent(auth.protocolVersion, forKey: .protocolVersion)
            try container.encodeIfPresent(auth.token, forKey: .token)
        case .message(let message):
            try container.encode("message", forKey: .type)
            try container.encode(message.sender, forKey: .senderID)
            try container.encode(message.receiver, forKey: .receiverID)
            try container.encode(message.text, forKey: .messageText)
            try container.encodeIfPresent(message.clientMessageID, forKey: .clientMessageID)
            try container.encodeIfPresent(message.product?.id, forKey: .productID)
            try container.encodeIfPresent(message.product?.title, forKey: .productTitle)
        case .unknown(let type):
            try container.encode(type, forKey: .type)
        }
    }
}

extension KeyedDecodingContainer {
    /// The product named by two optional fields, or nil where there is neither.
    func decodeProduct(id: Key, title: Key) throws -> Product? {
        let product = Product(
            id: try decodeIfPresent(String.self, forKey: id),
            title: try decodeIfPresent(UntrustedText.self, forKey: title))
        return product.id == nil && product.title == nil ? nil : product
    }
}
