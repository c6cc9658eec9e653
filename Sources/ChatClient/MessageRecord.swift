import ChatWire

/// A message as a line of JSON for other programs: one object, with the names that `GET /messages` has, in order.
public struct MessageRecord: Sendable, Hashable {
    private let stored: StoredMessage

    public init(_ stored: StoredMessage) { self.stored = stored }

    /// In one line and safe to show.
    public var line: String { WireCodec.encodeLine(self) }
}

extension MessageRecord: JSONObjectEncodable {
    public func encodeMembers(to json: inout JSONWriter) {
        let message = stored.message
        json.member(RowName.clientMessageID, ifPresent: stored.clientMessageID)
        json.member(RowName.createdAt, message.createdAt)
        json.member(.cursor, ifPresent: stored.cursor)
        json.member(RowName.id, message.id)
        json.member(RowName.text, message.text)
        json.member(RowName.productID, ifPresent: stored.product?.id)
        json.member(RowName.productTitle, ifPresent: stored.product?.title)
        json.member(RowName.receiverID, message.receiver)
        json.member(RowName.senderID, message.sender)
    }
}
