import ChatServer
import ChatWire

/// A new row of `messages`. The statement and the values follow one list of columns: a new column is a new case, and
/// the compiler then asks for its value.
struct NewMessageRow: HotRow {
    let seq: Int64
    let stored: StoredMessage
    /// The `seq` of the message before this one in the sender's feed; 0 for the first.
    let senderPrevious: Int64
    /// The same for the receiver's feed; 0 also if the message is not in it.
    let receiverPrevious: Int64
    /// The message's number in its conversation, counted from 1.
    let place: Int64
    /// The `seq` of the message before it in the conversation; 0 for the first.
    let placePrevious: Int64

    enum Column: String, CaseIterable {
        case seq, id
        case sender = "sender_id"
        case receiver = "receiver_id"
        case senderCursor = "sender_cursor"
        case receiverCursor = "receiver_cursor"
        case clientMessageID = "client_message_id"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case productID = "product_id"
        case productTitle = "product_title"
        case text = "message_text"
        case senderPrevious = "sender_previous"
        case receiverPrevious = "receiver_previous"
        case place
        case placePrevious = "place_previous"
    }

    static let columns = Column.allCases

    @inline(__always)
    func bind(_ column: Column, by binder: HotBinder) -> CInt {
        switch column {
        case .seq: binder.bind(seq)
        case .id: binder.bind(stored.message.id)
        case .sender: binder.bind(stored.message.sender)
        case .receiver: binder.bind(stored.message.receiver)
        case .senderCursor: binder.bind(Int64(stored.senderCursor))
        case .receiverCursor: binder.bind(Int64(stored.receiverCursor ?? 0))
        case .clientMessageID: binder.bind(stored.clientMessageID)
        case .createdAt, .updatedAt: binder.bind(stored.message.createdAt)
        case .productID: binder.bind(stored.product?.id)
        case .productTitle: binder.bind(stored.product?.title)
        case .text: binder.bind(stored.message.text)
        case .senderPrevious: binder.bind(senderPrevious)
        case .receiverPrevious: binder.bind(receiverPrevious)
        case .place: binder.bind(place)
        case .placePrevious: binder.bind(placePrevious)
        }
    }
}
