/// Names an incarnation of the server's data: cursors are good only within one.
public struct Epoch: OpaqueID {
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }

    public static func == (left: Epoch, right: Epoch) -> Bool { left.wire.hasSameBytes(as: right.wire) }

    public func hash(into hasher: inout Hasher) { wire.hashBytes(into: &hasher) }
}
