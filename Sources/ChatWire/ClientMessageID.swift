/// What its sender calls a message, which makes a repeat recognisable.
public struct ClientMessageID: OpaqueID {
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }
}
