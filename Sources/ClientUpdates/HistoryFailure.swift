/// Why the history or the list of conversations is missing or incomplete.
public enum HistoryFailure: Error, Sendable, Hashable {
    /// HTTP 404: the server does not offer it.
    case notProvided
    /// The server answered with an HTTP status other than 200.
    case refused(status: Int)
    /// The server's answer does not follow the protocol.
    case malformed
    /// There was no answer, for one of the reasons for which a link ends.
    case unanswered(LinkEnd)
    /// This machine's disk could not be read.
    case unreadable(StoreFailure)
    /// This machine's disk does not have it.
    case notStored
    /// The server returned only the oldest messages, as many as this number.
    case onlyOldest(Int)
    /// The number of messages in the server's answer that could not be read.
    case unreadableRows(Int)

    /// Whether the same request may succeed later.
    public var mayPass: Bool {
        switch self {
        case .refused, .malformed, .unanswered, .unreadable, .notStored: true
        case .notProvided, .onlyOldest, .unreadableRows: false
        }
    }
}
