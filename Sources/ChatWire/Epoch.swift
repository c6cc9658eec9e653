/// Names an incarnation of the server's data: cursors are good only within one.
public struct Epoch: OpaqueID {
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }
}
