/// Identifies a version of the server's data. A cursor is valid only within its epoch.
public struct Epoch: OpaqueID {
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }
}
