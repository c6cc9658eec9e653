import ChatWire

/// What the session tells the rest of the program.
public enum Update: Sendable, Hashable {
    case connection(ConnectionStatus)
    /// A page of the conversation, oldest first: the newest one, or what stands before what was known.
    case history(HistoryPage, hasOlder: Bool)
    case historyUnavailable(HistoryFailure)
    /// A message of this conversation that was not written here.
    case received(Message, product: Product?)
    /// What became of a message written here.
    case outgoing(id: String, OutgoingStatus)
}

public enum ConnectionStatus: Sendable, Hashable {
    /// `attempt` counts from 1 since the connection last stood.
    case connecting(attempt: Int)
    /// The next attempt comes after `delay`.
    case waiting(attempt: Int, delay: Duration, after: LinkEnd)
    case online(limits: MessageLimits)
    /// No more attempts until the user asks for one.
    case stopped(after: LinkEnd)
}

public enum OutgoingStatus: Sendable, Hashable {
    case waiting
    case stored(Message)
    case refused(ErrorCode?, message: UntrustedText)
    /// The confirmation was lost, and the server's history does not have the message.
    case unconfirmed
}
