/// The id that the sender gives a message. It identifies repeats.
public struct ClientMessageID: OpaqueID {
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }
}
