import ChatWire

/// The text form of a UUID (RFC 9562, section 4), which is the same one in either case.
enum UUIDText {
    static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            let hyphen = UInt8(ascii: "-")
            guard bytes.count == 36, bytes[8] == hyphen, bytes[13] == hyphen, bytes[18] == hyphen, bytes[23] == hyphen
            else { return false }
            // Without a way out of the loop, so that many bytes are looked at together.
            return bytes.reduce(0) { $0 + ($1.isHexDigit ? 1 : 0) } == 32
        }
    }

    /// One form for all spellings: a UUID in lower case, anything else as it is.
    static func canonical(_ text: String) -> String {
        hasCapital(text) && isValid(text) ? text.lowercased() : text
    }

    private static func hasCapital(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            bytes.reduce(0) { $0 + (UInt8(ascii: "A")...UInt8(ascii: "F") ~= $1 ? 1 : 0) } > 0
        }
    }
}

extension OpaqueID {
    /// One form for all spellings of a UUID.
    var canonical: Self { Self(UUIDText.canonical(wire)) }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        self &- UInt8(ascii: "0") < 10 || (self | 0x20) &- UInt8(ascii: "a") < 6
    }
}
