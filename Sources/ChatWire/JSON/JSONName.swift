import CLibrary

/// The name of an object's member: ASCII, without characters that JSON would escape.
public struct JSONName: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    let text: StaticString

    public init(stringLiteral text: StaticString) { self.text = text }

    public var description: String { text.description }

    func isEqual(to bytes: ArraySlice<UInt8>) -> Bool {
        text.withUTF8Buffer { own in
            bytes.withUnsafeBufferPointer { other in
                own.count == other.count
                    && (own.isEmpty || memcmp(own.baseAddress!, other.baseAddress!, own.count) == 0)
            }
        }
    }
}

/// The names in events and in the answers of `/status` and `/conversations`.
extension JSONName {
    public static let answers: JSONName = "answers"
    public static let blocked: JSONName = "blocked"
    public static let clientMessageID: JSONName = "clientMessageId"
    public static let code: JSONName = "code"
    public static let connections: JSONName = "connections"
    public static let conversations: JSONName = "conversations"
    public static let createdAt: JSONName = "createdAt"
    public static let cursor: JSONName = "cursor"
    public static let delivered: JSONName = "delivered"
    public static let duplicate: JSONName = "duplicate"
    public static let epoch: JSONName = "epoch"
    public static let hasMore: JSONName = "hasMore"
    public static let heartbeatMs: JSONName = "heartbeatMs"
    public static let inMs: JSONName = "inMs"
    public static let lastMessage: JSONName = "lastMessage"
    public static let lastSeen: JSONName = "lastSeen"
    public static let limits: JSONName = "limits"
    public static let marks: JSONName = "marks"
    public static let message: JSONName = "message"
    public static let messageBytes: JSONName = "messageBytes"
    public static let messageID: JSONName = "messageId"
    public static let messageLength: JSONName = "messageLength"
    public static let messageText: JSONName = "messageText"
    public static let messages: JSONName = "messages"
    public static let name: JSONName = "name"
    public static let online: JSONName = "online"
    public static let otherUserID: JSONName = "otherUserId"
    public static let productID: JSONName = "productId"
    public static let productTitle: JSONName = "productTitle"
    public static let protocolVersion: JSONName = "protocol"
    public static let read: JSONName = "read"
    public static let receiverID: JSONName = "receiverId"
    public static let resume: JSONName = "resume"
    public static let retryAfterMs: JSONName = "retryAfterMs"
    public static let senderID: JSONName = "senderId"
    public static let status: JSONName = "status"
    public static let timestamp: JSONName = "timestamp"
    public static let token: JSONName = "token"
    public static let type: JSONName = "type"
    public static let unread: JSONName = "unread"
    public static let userID: JSONName = "userId"
}

/// The names in a message's row, as in the older server's database.
public enum RowName {
    public static let avatarURL: JSONName = "avatar_url"
    public static let clientMessageID: JSONName = "client_message_id"
    public static let createdAt: JSONName = "created_at"
    public static let id: JSONName = "id"
    public static let isRead: JSONName = "is_read"
    public static let productID: JSONName = "product_id"
    public static let productTitle: JSONName = "product_title"
    public static let receiverID: JSONName = "receiver_id"
    public static let sender: JSONName = "sender"
    public static let senderID: JSONName = "sender_id"
    public static let text: JSONName = "message_text"
    public static let updatedAt: JSONName = "updated_at"
}
