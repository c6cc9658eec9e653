import ChatServer
import ChatWire
import SQLiteStore

/// One record of an export as a JSON object on one line. Its members have a fixed order.
struct ExportLine: JSONObjectEncodable {
    private let record: ExportRecord
    private let user: UserID

    init(_ record: ExportRecord, of user: UserID) {
        self.record = record
        self.user = user
    }

    var text: String { WireCodec.encodeLine(self) }

    func encodeMembers(to json: inout JSONWriter) {
        switch record {
        case .user(let id, let name, let lastSeen, let isBanned):
            json.member("banned", isBanned)
            json.member(RowName.id, id)
            json.member("last_seen", ifPresent: lastSeen)
            json.member(.name, ifPresent: name)
            json.member(.type, "user")
        case .block(let other):
            json.member(.type, "block")
            json.member("user_id", other)
        case .message(let stored):
            let (message, isOwn) = (stored.message, stored.message.sender == user)
            json.member(RowName.clientMessageID, ifPresent: isOwn ? stored.clientMessageID : nil)
            json.member(RowName.createdAt, message.createdAt)
            json.member(.cursor, stored.cursor(of: user))
            json.member(RowName.id, message.id)
            json.member(RowName.text, message.text)
            json.member(RowName.productID, ifPresent: stored.product?.id)
            json.member(RowName.productTitle, ifPresent: stored.product?.title)
            json.member(RowName.receiverID, message.receiver)
            json.member(RowName.senderID, message.sender)
            json.member(.type, "message")
        }
    }
}
