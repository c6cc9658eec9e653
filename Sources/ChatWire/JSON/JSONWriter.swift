/// Writes JSON text (RFC 8259) without white space.
public struct JSONWriter: Sendable {
    /// UTF-8.
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(256) }

    public mutating func object(_ members: (inout JSONWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        members(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Writes a member of the present object.
    public mutating func member(_ name: JSONName, _ value: some JSONEncodable) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        value.encode(to: &self)
    }

    /// Writes a member, or leaves it out if the value is nil.
    public mutating func member(_ name: JSONName, ifPresent value: (some JSONEncodable)?) {
        if let value { member(name, value) }
    }

    mutating func array(_ elements: [some JSONEncodable]) {
        bytes.append(UInt8(ascii: "["))
        for element in elements {
            separate()
            element.encode(to: &self)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Only an object or array that was just opened ends with an opening bracket; a string ends with its quote.
    private mutating func separate() {
        if let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") {
            bytes.append(UInt8(ascii: ","))
        }
    }

    /// Writes a literal or a number.
    mutating func bare(_ text: some StringProtocol) { bytes.append(contentsOf: text.utf8) }

    /// Writes a string that needs no escapes.
    mutating func plainString(_ utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var written = 0
            while let index = Self.firstEscaped(in: utf8, from: written) {
                bytes.append(contentsOf: utf8[written..<index])
                escape(utf8[index])
                written = index + 1
            }
            bytes.append(contentsOf: utf8[written...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether JSON requires an escape (section 7).
    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Most texts need no escapes, so eight bytes are checked at a time.
    private static func firstEscaped(in utf8: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        let raw = UnsafeRawBufferPointer(utf8)
        var index = start
        while index + 8 <= raw.count, !holdsEscaped(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
            index += 8
        }
        while index < raw.count {
            if isEscaped(raw[index]) { return index }
            index += 1
        }
        return nil
    }

    /// Whether one of eight bytes needs an escape. For a byte below the bound, the subtraction borrows and sets the
    /// byte's highest bit.
    private static func holdsEscaped(_ word: UInt64) -> Bool {
        func holdsByte(below bound: UInt8, _ word: UInt64) -> Bool {
            (word &- ones &* UInt64(bound)) & ~word & (ones << 7) != 0
        }
        return holdsByte(below: 0x20, word)
            || holdsByte(below: 1, word ^ ones &* UInt64(UInt8(ascii: "\"")))
            || holdsByte(below: 1, word ^ ones &* UInt64(UInt8(ascii: "\\")))
    }

    /// The value 1 in each of eight bytes.
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0..<0x20:
            bare(byte < 0x10 ? "u000" : "u00")
            bare(String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }
}
