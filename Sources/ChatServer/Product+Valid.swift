import ChatWire

extension Product {
    /// In how many of a conversation's newest messages a store looks for the title of a product that was named last by
    /// its id alone.
    public static let titleReach = 200

    /// Ids may be as long as user ids, titles at most 1 KiB. Neither may contain U+0000.
    var isValid: Bool {
        if let id, UserID(id) == nil { return false }
        if let title, title.wire.utf8.count > 1024 || title.wire.containsNUL { return false }
        return true
    }
}
