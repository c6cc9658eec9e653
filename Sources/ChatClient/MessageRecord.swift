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
        json.exported(
            stored.message, clientMessageID: stored.clientMessageID, cursor: stored.cursor, product: stored.product)
    }
}
