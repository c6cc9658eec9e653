/// The text form of a UUID (RFC 9562, section 4), which is the same one in either case.
enum UUIDText {
    static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            bytes.count == 36
                && bytes.indices.allSatisfy { index in
                    switch index {
                    case 8, 13, 18, 23: bytes[index] == UInt8(ascii: "-")
                    default: bytes[index].isHexDigit
                    }
                }
        }
    }

    /// One form for all spellings: a UUID in lower case, anything else as it is.
    static func canonical(_ text: String) -> String {
        isValid(text) && text.utf8.contains(where: { UInt8(ascii: "A")...UInt8(ascii: "F") ~= $0 })
            ? text.lowercased() : text
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
