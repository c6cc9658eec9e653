/// Parses a JSON text (RFC 8259) into nodes, without interpreting their values.
///
/// It is stricter than the RFC in two ways. A text with more than ``maxDepth`` levels is refused. A name that occurs
/// twice in an object is recorded, because programs read such an object differently (section 4). It is more lenient in
/// one way: it accepts a comma before a closing bracket, as Foundation's parser does, which older versions used.
/// Incomplete surrogate pairs are found only when the string is read.
struct JSONParser {
    /// Far more than any event or answer has.
    static let maxDepth = 100

    /// UTF-8.
    private let bytes: [UInt8]
    private var position = 0
    private var level = 0
    private(set) var nodes: [JSONNode] = []
    private(set) var repeatsName = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        nodes.reserveCapacity(24)
    }

    /// Parses one value, with nothing but white space around it.
    mutating func parse() throws(WireCodec.Malformed) {
        guard bytes.count < Int32.max else { throw .notJSON }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }  // a byte order mark may be ignored (section 8.1)
        skipWhiteSpace()
        try value()
        skipWhiteSpace()
        guard position == bytes.count else { throw .notJSON }
    }

    // MARK: - Values

    private mutating func value() throws(WireCodec.Malformed) {
        switch peek {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try array()
        case UInt8(ascii: "t"): try literal("true", .true)
        case UInt8(ascii: "f"): try literal("false", .false)
        case UInt8(ascii: "n"): try literal("null", .null)
        default: try number()
        }
    }

    private mutating func object() throws(WireCodec.Malformed) {
        let index = try open(.object)
        var count = 0
        if !skip(UInt8(ascii: "}")) {
            repeat {
                skipWhiteSpace()
                if count > 0, peek == UInt8(ascii: "}") { break }
                guard peek == UInt8(ascii: "\"") else { throw .notJSON }
                try string()
                skipWhiteSpace()
                guard skip(UInt8(ascii: ":")) else { throw .notJSON }
                skipWhiteSpace()
                try value()
                count += 1
                skipWhiteSpace()
            } while skip(UInt8(ascii: ","))
            guard skip(UInt8(ascii: "}")) else { throw .notJSON }
        }
        close(index)
        if count > 1, !repeatsName { repeatsName = hasRepeatedName(index, count: count) }
    }

    private mutating func array() throws(WireCodec.Malformed) {
        let index = try open(.array)
        if !skip(UInt8(ascii: "]")) {
            repeat {
                skipWhiteSpace()
                if nodes.count > index + 1, peek == UInt8(ascii: "]") { break }
                try value()
                skipWhiteSpace()
            } while skip(UInt8(ascii: ","))
            guard skip(UInt8(ascii: "]")) else { throw .notJSON }
        }
        close(index)
    }

    /// - Returns: the index of the new node.
    private mutating func open(_ kind: JSONNode.Kind) throws(WireCodec.Malformed) -> Int {
        level += 1
        guard level <= Self.maxDepth else { throw .nestedTooDeeply }
        append(kind, position..<position)
        position += 1
        skipWhiteSpace()
        return nodes.count - 1
    }

    private mutating func close(_ index: Int) {
        level -= 1
        nodes[index].end = Int32(position)
        nodes[index].next = Int32(nodes.count)
    }

    private mutating func literal(_ word: StaticString, _ kind: JSONNode.Kind) throws(WireCodec.Malformed) {
        let range = position..<position + word.utf8CodeUnitCount
        guard range.upperBound <= bytes.count, JSONName(stringLiteral: word).isEqual(to: bytes[range]) else {
            throw .notJSON
        }
        append(kind, range)
        position = range.upperBound
    }

    /// A number (section 6).
    private mutating func number() throws(WireCodec.Malformed) {
        let start = position
        var kind = JSONNode.Kind.integer
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        if skip(UInt8(ascii: ".")) {
            kind = .number
            try digits()
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            kind = .number
            if !skip(UInt8(ascii: "-")) { _ = skip(UInt8(ascii: "+")) }
            try digits()
        }
        append(kind, start..<position)
    }

    /// One or more digits.
    private mutating func digits() throws(WireCodec.Malformed) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw .notJSON }
    }

    /// A string (section 7).
    private mutating func string() throws(WireCodec.Malformed) {
        position += 1
        let start = position
        var kind = JSONNode.Kind.string
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                append(kind, start..<position)
                position += 1
                return
            case UInt8(ascii: "\\"):
                kind = .escapedString
                try escape()
            case 0..<0x20: throw .notJSON
            default: position += 1
            }
        }
        throw .notJSON
    }

    private mutating func escape() throws(WireCodec.Malformed) {
        position += 1
        guard let byte = peek else { throw .notJSON }
        position += 1
        if byte == UInt8(ascii: "u") {
            guard JSONEscape.codeUnit(bytes[position...]) != nil else { throw .notJSON }
            position += 4
        } else if JSONEscape.character(byte) == nil {
            throw .notJSON
        }
    }

    // MARK: - Names

    /// With more names than this, repeats are looked for in a set. So the cost of an object is proportional to its
    /// length.
    private static let fewNames = 16

    private func hasRepeatedName(_ object: Int, count: Int) -> Bool {
        guard count <= Self.fewNames else {
            let names = sequence(state: object + 1) { place in nextName(&place, of: object) }
            return Set(names.map(plainName)).count < count
        }
        var place = object + 1
        while let name = nextName(&place, of: object) {
            var laterPlace = place
            while let later = nextName(&laterPlace, of: object) {
                if isSame(name, later) { return true }
            }
        }
        return false
    }

    private func nextName(_ place: inout Int, of object: Int) -> JSONNode? {
        guard place < nodes[object].next else { return nil }
        defer { place = Int(nodes[place + 1].next) }
        return nodes[place]
    }

    /// Most names differ in length, and few contain escapes.
    private func isSame(_ one: JSONNode, _ other: JSONNode) -> Bool {
        if one.kind == .string, other.kind == .string, one.bytes.count != other.bytes.count { return false }
        return plainName(one) == plainName(other)
    }

    private func plainName(_ name: JSONNode) -> ArraySlice<UInt8> {
        let raw = bytes[name.bytes]
        return name.kind == .string ? raw : JSONEscape.unescaped(raw) ?? raw
    }

    // MARK: - Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    /// White space (section 2).
    private mutating func skipWhiteSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func append(_ kind: JSONNode.Kind, _ range: Range<Int>) {
        nodes.append(
            JSONNode(
                kind: kind, start: Int32(range.lowerBound), end: Int32(range.upperBound), next: Int32(nodes.count + 1)))
    }
}
