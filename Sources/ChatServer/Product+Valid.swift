import ChatWire

extension Product {
    /// Ids may be as long as user ids, titles at most 1 KiB. Neither may contain U+0000.
    var isValid: Bool {
        if let id, UserID(id) == nil { return false }
        if let title, title.wire.utf8.count > 1024 || title.wire.containsNUL { return false }
        return true
    }
}
