import ChatWire

/// Which messages must be settled before a read.
enum ReadScope {
    /// None: the read uses data that does not follow from messages, such as names and blocks.
    case noMessages
    /// The messages to and from one user.
    case messages(of: UserID)
    case allMessages
}
