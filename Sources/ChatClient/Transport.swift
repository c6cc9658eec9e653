import ChatWire

/// How the client reaches its server.
public protocol Transport: Sendable {
    /// Starts to connect, and returns at once. `events` is called with the link's events in order. `ended` comes last,
    /// and once.
    func open(_ events: @escaping @Sendable (LinkEvent) -> Void) -> any Link

    /// Reads the token; nil if there is none. It may block, so it is called on a queue that may.
    func currentToken() -> String?

    /// `GET /messages`: the newest page of the conversation, or the one before a message. Without `limit` the server
    /// chooses the number of messages.
    func history(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int?
    ) async throws(HistoryFailure) -> HistoryPage

    /// `GET /conversations`: at most `limit` conversations, the latest first.
    func conversations(of user: UserID, limit: Int) async throws(HistoryFailure) -> ConversationList
}

/// One connection, from the first attempt to its end.
public protocol Link: Sendable {
    /// The token for this connection, read when it was opened.
    var token: String? { get }
    func send(text: String)
    /// Sends a ping. If no pong arrives within `patience`, the link ends with `noPong`.
    func ping(patience: Duration)
    func close()
}

public enum LinkEvent: Sendable, Hashable {
    /// The WebSocket is open.
    case opened
    case received(text: String)
    case ended(LinkEnd)
}
