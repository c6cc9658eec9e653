/// What the server calls a message: a UUID there, but any text here.
public struct MessageID: OpaqueID {
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }

    public static func == (left: MessageID, right: MessageID) -> Bool { left.wire.hasSameBytes(as: right.wire) }

    public func hash(into hasher: inout Hasher) { wire.hashBytes(into: &hasher) }
}
