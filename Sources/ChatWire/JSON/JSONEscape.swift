/// Escape sequences in strings (RFC 8259, section 7).
enum JSONEscape {
    /// The byte that `\n` and the like stand for. Nil for `\u`, and for anything that is no escape.
    static func character(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The value of the first four hexadecimal digits.
    static func codeUnit(_ bytes: ArraySlice<UInt8>) -> UInt16? {
        guard bytes.count >= 4 else { return nil }
        var unit: UInt16 = 0
        for byte in bytes.prefix(4) {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Unescapes a string's bytes to UTF-8. Nil if half of a surrogate pair stands alone.
    /// - Precondition: The escapes are well formed.
    static func unescaped(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "\\") {
                plain.append(byte)
            } else if let name = rest.popFirst(), let character = character(name) {
                plain.append(character)
            } else {
                guard let scalar = scalar(&rest) else { return nil }
                plain.append(contentsOf: String(scalar).utf8)
            }
        }
        return plain[...]
    }

    /// Parses one `\u` escape whose first two characters are consumed already, or two that form a surrogate pair.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let unit = codeUnit(rest) else { return nil }
        rest = rest.dropFirst(4)
        guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
        guard rest.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]), let trail = codeUnit(rest.dropFirst(2)),
            UTF16.isTrailSurrogate(trail)
        else { return nil }
        rest = rest.dropFirst(6)
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }
}
