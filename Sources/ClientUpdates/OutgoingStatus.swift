import ChatWire

/// What became of a message written here.
public enum OutgoingStatus: Sendable, Hashable {
    case unsent(UnsentStatus)
    /// The server has it as this message.
    case stored(Message)
    /// The same, and the server has had it since before what came last.
    case found(Message)
}

/// Why the server does not have a message written here, as far as this program knows.
public enum UnsentStatus: Sendable, Hashable {
    /// It is on disk, and the server has not confirmed it yet.
    case waiting
    /// The server did not take it. `message` is the server's own text.
    case refused(ErrorCode?, message: UntrustedText)
    /// The confirmation was lost, and the server's history does not have the message: it may have arrived or not.
    case unconfirmed
    /// It is so old that it does not go without the user's word.
    case stale
    /// The disk did not take it, so it was not sent. Only this window has it.
    case notSaved(StoreFailure)
}
