import ChatWire

/// Everything that can happen to the screen.
public enum Event: Sendable, Equatable {
    case input(Input)
    case resized(Size)
    /// Time has passed: relative times and countdowns may read differently now.
    case tick
    case connection(ConnectionState)
    /// What the server knows of the conversation, oldest first. It is merged by message id.
    case history([Message], hasOlder: Bool)
    /// The history could not be had; what is on the screen stays.
    case historyUnavailable(HistoryProblem)
    /// A message that the peer sent, or the user on another device.
    case received(Message)
    /// What became of a message written here.
    case outgoing(id: String, OutgoingState)
    /// The server or the peer's messages tell how the peer is called, or what the product is.
    case peerNamed(UntrustedText)
    case productNamed(UntrustedText)
    /// Something the user should know, in the words of the program.
    case notice(String)
}

/// What the header and the counter line tell of this program's own connection.
public enum ConnectionState: Sendable, Equatable {
    /// Under way; `attempt` counts from 1 since the last time the connection stood.
    case connecting(attempt: Int)
    /// The last attempt failed. The next comes at `retryAt`. `problem` is for a person, where there is something to tell.
    case waiting(attempt: Int, retryAt: Timestamp, problem: String?)
    /// Authorised, and pings are answered.
    case online(limits: MessageLimits)
    /// No more attempts: the user has to do something first. `problem` says what.
    case stopped(problem: String)
}

/// The life of a message written here.
public enum OutgoingState: Sendable, Equatable {
    /// Not confirmed yet.
    case waiting
    /// In the server's database as this message.
    case stored(Message)
    /// The server said no; `reason` is for a person.
    case refused(reason: String)
    /// The confirmation was lost and the server's history does not have it: it may or may not have arrived.
    case unconfirmed
}

public enum HistoryProblem: Sendable, Equatable {
    /// The server has no history to give (the older server hosted under a prefix answers 404).
    case notProvided
    /// It failed this time.
    case failed(String)
}
