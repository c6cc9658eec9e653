import ChatWire

/// The text form of a UUID (RFC 9562, section 4). Upper and lower case are equal.
package enum UUIDText {
    static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            let hyphen = UInt8(ascii: "-")
            guard bytes.count == 36, bytes[8] == hyphen, bytes[13] == hyphen, bytes[18] == hyphen, bytes[23] == hyphen
            else { return false }
            // The loop has no early exit, so that the compiler can check many bytes at once.
            return bytes.reduce(0) { $0 + ($1.isHexDigit ? 1 : 0) } == 32
        }
    }

    /// Returns a UUID in lower case, and any other text as it is.
    static func canonical(_ text: String) -> String {
        hasCapital(text) && isValid(text) ? text.lowercased() : text
    }

    /// Whether the text is a UUID as PostgreSQL prints it.
    package static func isCanonical(_ text: String) -> Bool { isValid(text) && !hasCapital(text) }

    private static func hasCapital(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            bytes.reduce(0) { $0 + (UInt8(ascii: "A")...UInt8(ascii: "F") ~= $1 ? 1 : 0) } > 0
        }
    }
}

extension OpaqueID {
    /// The id with a UUID in lower case.
    var canonical: Self { Self(UUIDText.canonical(wire)) }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        self &- UInt8(ascii: "0") < 10 || (self | 0x20) &- UInt8(ascii: "a") < 6
    }
}
