import ChatWire

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

    /// Whether a node can be called so: the rule of ids, and not blank. What nodes exchange has room for such a name.
    public static func isName(_ text: String) -> Bool { UntrustedText(text).isName }

    /// What a name is, for somebody who has given another one.
    public static let nameSentence = "a name is 1 to \(UserID.maxLength) characters without control characters"

    /// Whether a node can be called so.
    var isSound: Bool { Self.isName(name) && Self.isName(run) }

    /// The same order on all nodes.
    func precedes(_ other: NodeID) -> Bool { (name, run) < (other.name, other.run) }
}
