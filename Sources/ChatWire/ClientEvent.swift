/// An event from a client. Each is one JSON object in a text frame.
public enum ClientEvent: Sendable, Hashable {
    case auth(Auth)
    case message(OutgoingMessage)
    /// This device has stored the user's feed up to this cursor.
    case ack(cursor: Int)
    /// The user has seen the conversation with `otherUser` up to this message.
    case read(otherUser: UserID, messageID: MessageID)
    case typing(receiver: UserID)
    /// Replaces the connection's token before it expires, with another token of the same user.
    case refresh(token: String)
    /// From now on the user gets nothing that `user` writes, and neither learns of the other's presence and marks,
    /// until `unblock`.
    case block(UserID)
    case unblock(UserID)
    /// Asks whether the user blocks this one. The answer is `blocked`.
    case isBlocked(UserID)
    /// A type that this version does not know. It is ignored, so that newer clients can talk to older servers.
    case unknown(type: String)

    public struct Auth: Sendable, Hashable {
        public var user: UserID
        /// Nil in protocol 1.
        public var protocolVersion: Int?
        public var token: String?
        /// The end of the client's copy of the feed; nil if it has none.
        public var resume: FeedPosition?
        /// The user's own display name. It counts only if the server requires no authentication. An invalid name is
        /// ignored.
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
        /// An id that identifies repeats. It must be unique forever among the sender's messages.
        public var clientMessageID: ClientMessageID?
        public var product: Product?

        public init(
            sender: UserID, receiver: UserID, text: UntrustedText, clientMessageID: ClientMessageID? = nil,
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

/// A position in a user's feed.
public struct FeedPosition: Sendable, Hashable {
    /// The epoch of the server's data that the cursor belongs to.
    public var epoch: Epoch
    /// 0 is the position before the first message.
    public var cursor: Int
    /// The id of the message at `cursor`. With it a server recognises that its database was restored.
    public var messageID: MessageID?

    public init(epoch: Epoch, cursor: Int, messageID: MessageID? = nil) {
        self.epoch = epoch
        self.cursor = cursor
        self.messageID = messageID
    }
}

// MARK: - JSON

extension ClientEvent {
    /// The member `type` of each event, by which both directions know it.
    enum Kind: String, CaseIterable {
        case auth
        case message
        case ack
        case read
        case typing
        case refresh
        case block
        case unblock
        case isBlocked = "is_blocked"
    }
}

extension ClientEvent: JSONDecodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        let type = try json.read(.type, as: String.self)
        guard let kind = Kind(rawValue: type) else {
            self = .unknown(type: type)
            return
        }
        switch kind {
        case .auth: self = .auth(try Auth(json: json))
        case .message: self = .message(try OutgoingMessage(json: json))
        case .ack: self = .ack(cursor: try json.read(.cursor))
        case .read: self = .read(otherUser: try json.read(.otherUserID), messageID: try json.read(.messageID))
        case .typing: self = .typing(receiver: try json.read(.receiverID))
        case .refresh: self = .refresh(token: try json.read(.token))
        case .block: self = .block(try json.read(.userID))
        case .unblock: self = .unblock(try json.read(.userID))
        case .isBlocked: self = .isBlocked(try json.read(.userID))
        }
    }

    /// The sender's id of a message, even if the rest of the event is malformed. Nil for other events, and if the id
    /// occurs twice.
    static func messageID(in json: JSONValue) -> ClientMessageID? {
        guard let type = try? json.read(.type, as: String.self), type == "message",
            json.count(of: .clientMessageID) == 1
        else { return nil }
        return try? json.readIfPresent(.clientMessageID)
    }
}

extension ClientEvent: JSONObjectEncodable {
    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.type, type)
        switch self {
        case .auth(let auth): auth.encodeMembers(to: &json)
        case .message(let message): message.encodeMembers(to: &json)
        case .ack(let cursor): json.member(.cursor, cursor)
        case .read(let otherUser, let messageID):
            json.member(.otherUserID, otherUser)
            json.member(.messageID, messageID)
        case .typing(let receiver): json.member(.receiverID, receiver)
        case .refresh(let token): json.member(.token, token)
        case .block(let user), .unblock(let user), .isBlocked(let user): json.member(.userID, user)
        case .unknown: break
        }
    }

    private var type: String {
        if case .unknown(let type) = self { return type }
        return kind?.rawValue ?? ""
    }

    /// Nil for an unknown one.
    private var kind: Kind? {
        switch self {
        case .auth: .auth
        case .message: .message
        case .ack: .ack
        case .read: .read
        case .typing: .typing
        case .refresh: .refresh
        case .block: .block
        case .unblock: .unblock
        case .isBlocked: .isBlocked
        case .unknown: nil
        }
    }
}

extension ClientEvent.Auth: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        self.init(
            user: try json.read(.userID), protocolVersion: try json.readIfPresent(.protocolVersion),
            token: try json.readIfPresent(.token), resume: try json.readIfPresent(.resume),
            // Another client's invalid value here must not keep its user out.
            name: try? json.readIfPresent(.name))
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.userID, user)
        json.member(.protocolVersion, ifPresent: protocolVersion)
        json.member(.token, ifPresent: token)
        json.member(.resume, ifPresent: resume)
        json.member(.name, ifPresent: name)
    }
}

extension FeedPosition: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        epoch = try json.read(.epoch)
        cursor = try json.read(.cursor)
        messageID = try json.readIfPresent(.messageID)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.epoch, epoch)
        json.member(.cursor, cursor)
        json.member(.messageID, ifPresent: messageID)
    }
}

extension ClientEvent.OutgoingMessage: JSONDecodable, JSONObjectEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        sender = try json.read(.senderID)
        receiver = try json.read(.receiverID)
        text = try json.read(.messageText)
        clientMessageID = try json.readIfPresent(.clientMessageID)
        product = try Product(besideMembersOf: json)
    }

    public func encodeMembers(to json: inout JSONWriter) {
        json.member(.senderID, sender)
        json.member(.receiverID, receiver)
        json.member(.messageText, text)
        json.member(.clientMessageID, ifPresent: clientMessageID)
        product?.encodeMembers(to: &json)
    }
}
