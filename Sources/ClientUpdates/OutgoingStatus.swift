import ChatWire

/// What happened to a message written here.
public enum OutgoingStatus: Sendable, Hashable {
    case unsent(UnsentStatus)
    /// The server stored it as this message.
    case stored(Message)
    /// The server has had it as this message, from before the last message that arrived.
    case found(Message)
}

/// Why the server does not have a message written here, as far as this program knows.
public enum UnsentStatus: Sendable, Hashable {
    /// It is on the disk, and the server has not confirmed it yet.
    case waiting
    /// The server refused it. `message` is the server's own text.
    case refused(ErrorCode?, message: UntrustedText)
    /// The confirmation was lost, and the server's history does not have the message. It may have arrived or not.
    case unconfirmed
    /// It is too old to be sent without the user's consent.
    case stale
    /// The disk refused it, so it was not sent. Only this window has it.
    case notSaved(StoreFailure)
}
