/// A parsed JSON text.
public final class JSONDocument: Sendable {
    let bytes: [UInt8]
    let nodes: [JSONNode]
    /// Whether an object in it has two members with the same name.
    public let repeatsName: Bool

    /// Parses the text of one value.
    /// - Throws: `Malformed` if the text is not JSON, or is nested too deeply. Repeated names are only recorded.
    public init(_ text: String) throws(WireCodec.Malformed) {
        bytes = Array(text.utf8)
        var parser = JSONParser(bytes)
        try parser.parse()
        nodes = parser.nodes
        repeatsName = parser.repeatsName
    }

    public var root: JSONValue { JSONValue(document: self, index: 0) }

    /// The index of a member's value.
    /// - Parameter object: The index of the object.
    func place(ofMember name: JSONName, in object: Int) -> Int? {
        var place = object + 1
        while place < nodes[object].next {
            if isName(nodes[place], name) { return place + 1 }
            place = Int(nodes[place + 1].next)
        }
        return nil
    }

    private func isName(_ node: JSONNode, _ name: JSONName) -> Bool {
        if node.kind == .escapedString {
            return JSONEscape.unescaped(bytes[node.bytes]).map(name.isEqual(to:)) ?? false
        }
        return node.bytes.count == name.text.utf8CodeUnitCount && name.isEqual(to: bytes[node.bytes])
    }
}
