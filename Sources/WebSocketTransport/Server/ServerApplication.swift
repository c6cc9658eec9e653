/// What a ``WebSocketServer`` serves.
public protocol ServerApplication: Sendable {
    /// Whether a WebSocket may be opened, and who handles it. Called on the connection's event loop, for a correct
    /// upgrade request to any path; must not block.
    func admit(_ request: HTTPRequest) -> Admission

    /// The answer to a request that asks for no upgrade. `HEAD` is answered as `GET` is: the transport leaves out the
    /// body. It is not cancelled when the client goes away.
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// Whether the answer costs little and is small, so that it need not wait for its turn behind others: who looks whether
    /// the server is well gets an answer also when it has much to do. Without an implementation none does.
    func answersAtOnce(_ request: HTTPRequest) -> Bool
}

extension ServerApplication {
    public func answersAtOnce(_ request: HTTPRequest) -> Bool { false }
}

/// The answer to an upgrade request.
public enum Admission {
    /// The handler is made for this connection and belongs to its event loop from now on.
    case accept(any WebSocketHandler)
    case refuse(HTTPResponse)
}
