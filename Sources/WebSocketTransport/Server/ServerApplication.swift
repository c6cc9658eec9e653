/// What a ``WebSocketServer`` serves.
public protocol ServerApplication: Sendable {
    /// Decides whether a WebSocket may be opened, and which handler it gets. It is called on the connection's event
    /// loop, for a correct upgrade request to any path. It must not block.
    func admit(_ request: HTTPRequest) -> Admission

    /// Answers a request that asks for no upgrade. `HEAD` is answered like `GET`; the transport leaves out the body.
    /// The call is not cancelled when the client disconnects.
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// Whether the answer is small and cheap, so that it need not wait for a turn. Health checks are then answered
    /// under load as well. The default is false.
    func answersAtOnce(_ request: HTTPRequest) -> Bool
}

extension ServerApplication {
    public func answersAtOnce(_ request: HTTPRequest) -> Bool { false }
}

/// The answer to an upgrade request.
public enum Admission {
    /// The handler is for this connection only, and is used on its event loop from now on.
    case accept(any WebSocketHandler)
    case refuse(HTTPResponse)
}
