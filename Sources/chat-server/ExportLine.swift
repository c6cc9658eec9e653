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
            json.exported(
                stored.message, clientMessageID: stored.message.sender == user ? stored.clientMessageID : nil,
                cursor: stored.cursor(of: user), product: stored.product)
            json.member(.type, "message")
        }
    }
}
