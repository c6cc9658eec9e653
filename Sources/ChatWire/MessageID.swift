/// The server's id of a message. The server uses UUIDs; the client accepts any text.
public struct MessageID: OpaqueID {
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }
}
