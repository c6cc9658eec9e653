/// Why the history, or the list of conversations, is not here, or not all of it.
public enum HistoryFailure: Error, Sendable, Hashable {
    /// HTTP 404: this server has none to give.
    case notProvided
    /// The server answered with another HTTP status than 200.
    case refused(status: Int)
    /// The server's answer is not what the protocol says.
    case malformed
    /// There was no answer, for the same reasons as there may be no connection.
    case unanswered(LinkEnd)
    /// This machine's disk has it, and does not give it.
    case unreadable(StoreFailure)
    /// This machine's disk does not have it.
    case notStored
    /// The server gave so many messages, the oldest, and no others.
    case onlyOldest(Int)
    /// So many of the messages that the server gave make no sense.
    case unreadableRows(Int)

    /// Whether the same request may succeed another time.
    public var mayPass: Bool {
        switch self {
        case .refused, .malformed, .unanswered, .unreadable, .notStored: true
        case .notProvided, .onlyOldest, .unreadableRows: false
        }
    }
}
