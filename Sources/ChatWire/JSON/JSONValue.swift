/// One value within a ``JSONDocument``.
public struct JSONValue: Sendable {
    let document: JSONDocument
    let index: Int

    var node: JSONNode { document.nodes[index] }
    var bytes: ArraySlice<UInt8> { document.bytes[node.bytes] }

    public var isNull: Bool { node.kind == .null }
    var isNumber: Bool { node.kind == .integer || node.kind == .number }

    /// A number as the text writes it; nil for anything else.
    public var number: String? { isNumber ? String(decoding: bytes, as: UTF8.self) : nil }

    // MARK: - Members of an object

    /// Reads a member.
    /// - Throws: `Malformed` if the member is missing or is not such a value.
    public func read<Value: JSONDecodable>(
        _ name: JSONName, as type: Value.Type = Value.self
    ) throws(WireCodec.Malformed) -> Value {
        guard let member = try member(name) else { throw .missing(name) }
        return try member.value(within: name)
    }

    /// Reads a member; nil if it is missing or null.
    /// - Throws: `Malformed` if it is not such a value.
    public func readIfPresent<Value: JSONDecodable>(
        _ name: JSONName, as type: Value.Type = Value.self
    ) throws(WireCodec.Malformed) -> Value? {
        guard let member = try member(name), !member.isNull else { return nil }
        return try member.value(within: name)
    }

    /// Reads a number; nil if it is missing or null.
    /// - Throws: `Malformed` if the number is outside the range. The range keeps later arithmetic from overflowing.
    public func readIfPresent(_ name: JSONName, in range: ClosedRange<Int>) throws(WireCodec.Malformed) -> Int? {
        guard let number = try readIfPresent(name, as: Int.self) else { return nil }
        guard range.contains(number) else { throw .invalid("out of range").within(name) }
        return number
    }

    /// Whether the object has this member, whatever its value.
    public func has(_ name: JSONName) -> Bool { (try? member(name)) != nil }

    private func value<Value: JSONDecodable>(within name: JSONName) throws(WireCodec.Malformed) -> Value {
        do throws(WireCodec.Malformed) {
            return try Value(json: self)
        } catch {
            throw error.within(name)
        }
    }

    private func member(_ name: JSONName) throws(WireCodec.Malformed) -> JSONValue? {
        guard node.kind == .object else { throw .ofAnotherType }
        let place = document.place(ofMember: name, in: index)
        return place.map { JSONValue(document: document, index: $0) }
    }

    /// All members in their order.
    /// - Throws: `Malformed` if this is not an object.
    func members() throws(WireCodec.Malformed) -> [(name: JSONValue, value: JSONValue)] {
        guard node.kind == .object else { throw .ofAnotherType }
        var members: [(name: JSONValue, value: JSONValue)] = []
        var place = index + 1
        while place < node.next {
            members.append(
                (JSONValue(document: document, index: place), JSONValue(document: document, index: place + 1)))
            place = Int(document.nodes[place + 1].next)
        }
        return members
    }

    /// The number of members with this name.
    func count(of name: JSONName) -> Int {
        let names = (try? members())?.map { try? String(json: $0.name) } ?? []
        return names.count { $0 == name.description }
    }

    // MARK: - Elements of an array

    /// - Throws: `Malformed` if this is not an array.
    public func elements() throws(WireCodec.Malformed) -> [JSONValue] {
        guard node.kind == .array else { throw .ofAnotherType }
        var elements: [JSONValue] = []
        var place = index + 1
        while place < node.next {
            elements.append(JSONValue(document: document, index: place))
            place = Int(document.nodes[place].next)
        }
        return elements
    }
}
