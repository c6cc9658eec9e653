import ChatWire

/// A message as one line of JSON for other programs: an object with the members of `GET /messages`, in a fixed order.
public struct MessageRecord: Sendable, Hashable {
    private let stored: StoredMessage

    public init(_ stored: StoredMessage) { self.stored = stored }

    /// The line, without a line end. Control characters are escaped, so it is safe to show.
    public var line: String { WireCodec.encodeLine(self) }
}

extension MessageRecord: JSONObjectEncodable {
    public func encodeMembers(to json: inout JSONWriter) {
        json.exported(
            stored.message, clientMessageID: stored.clientMessageID, cursor: stored.cursor, product: stored.product)
    }
}
