import ChatWire

/// How the client reaches its server. What it needs of a network, and nothing more.
public protocol Transport: Sendable {
    /// Starts to connect, and returns at once. `events` is told what happens, in order, and `ended` last and once.
    func open(_ events: @escaping @Sendable (LinkEvent) -> Void) -> any Link

    /// The token as it is now; nil where there is none. Called on a queue that may block.
    func currentToken() -> String?

    /// `GET /messages`: the newest page of the conversation, or the one before a message; as many as the server likes
    /// where there is no `limit`.
    func history(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int?
    ) async throws(HistoryFailure) -> HistoryPage

    /// `GET /conversations`: so many at most, the latest first.
    func conversations(of user: UserID, limit: Int) async throws(HistoryFailure) -> ConversationList
}

/// One connection, from the first attempt to reach the server on.
public protocol Link: Sendable {
    /// The token to authorise with, read for this connection.
    var token: String? { get }
    func send(text: String)
    /// Asks for a sign of life now. Without one for so long the link ends as `noPong`.
    func ping(patience: Duration)
    func close()
}

public enum LinkEvent: Sendable, Hashable {
    /// The WebSocket is open.
    case opened
    case received(text: String)
    case ended(LinkEnd)
}
