/// What a ``WebSocketServer`` serves.
public protocol ServerApplication: Sendable {
    /// Whether a WebSocket may be opened, and who handles it. Called on the connection's event loop, for a correct
    /// upgrade request to any path; must not block.
    func admit(_ request: HTTPRequest) -> Admission

    /// The answer to a request that asks for no upgrade. `HEAD` is answered as `GET` is: the transport leaves out the
    /// body. It is not cancelled when the client goes away.
    func respond(to request: HTTPRequest) async -> HTTPResponse
}

/// The answer to an upgrade request.
public enum Admission {
    /// The handler is made for this connection and belongs to its event loop from now on.
    case accept(any WebSocketHandler)
    case refuse(HTTPResponse)
}
