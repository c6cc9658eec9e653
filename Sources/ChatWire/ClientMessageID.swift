/// What its sender calls a message, which makes a repeat recognisable.
public struct ClientMessageID: OpaqueID {
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }

    public static func == (left: ClientMessageID, right: ClientMessageID) -> Bool {
        left.wire.hasSameBytes(as: right.wire)
    }

    public func hash(into hasher: inout Hasher) { wire.hashBytes(into: &hasher) }
}
