/// What the server calls a message: a UUID there, but any text here.
public struct MessageID: OpaqueID {
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }
}
