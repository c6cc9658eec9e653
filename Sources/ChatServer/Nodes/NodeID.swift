/// A server among those of one database, from its start to its end.
public struct NodeID: Sendable, Hashable {
    /// What operators call it. Two nodes may have the same name by mistake.
    public let name: String
    /// Tells apart two runs of one name.
    public let run: String

    public init(name: String, run: String) {
        self.name = name
        self.run = run
    }

    /// A node that starts now. Control characters in the name are replaced, since the bus separates fields by tabs.
    public init(starting name: String) {
        self.init(
            name: String(name.map { $0.unicodeScalars.contains(where: { $0.value < 0x20 }) ? "_" : $0 }),
            run: String(UInt64.random(in: .min ... .max), radix: 36))
    }

    /// The same order on all nodes.
    func precedes(_ other: NodeID) -> Bool { (name, run) < (other.name, other.run) }
}
