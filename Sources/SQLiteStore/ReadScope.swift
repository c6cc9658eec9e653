import ChatWire

/// What a read has to find of what is not settled.
enum ReadScope {
    /// Nothing: it looks at what does not follow from messages, such as names and blocks.
    case noMessages
    /// What one user wrote or was written.
    case messages(of: UserID)
    case allMessages
}
