import ChatWire

/// What a client may call its messages: a UUID (RFC 9562, section 4) in its text form, in either case.
enum ClientMessageID {
    static func isValid(_ text: String) -> Bool {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.joined().allSatisfy(\.isHexDigit)
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

extension Product {
    /// Ids as long as user ids, titles of at most 1 KiB; neither may hold U+0000.
    var isValid: Bool {
        if let id, UserID(id) == nil { return false }
        if let title, title.wire.utf8.count > 1024 || title.wire.utf8.contains(0) { return false }
        return true
    }
}
