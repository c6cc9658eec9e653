import ChatServer
import NIOCore
import WebSocketTransport

/// Joins the transport to the server proper: requests to `Routes`, sockets to the `Hub`.
struct Application: ServerApplication {
    let hub: Hub
    let routes: Routes
    let idleTimer: IdleTimer?

    func admit(_ request: HTTPRequest) -> Admission {
        if let refusal = routes.refusal(ofUpgrade: Routes.Request(request)) { return .refuse(HTTPResponse(refusal)) }
        return .accept(SocketHandler(hub: hub, bearer: request.bearer, idleTimer: idleTimer))
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(await routes.respond(to: Routes.Request(request)))
    }
}

/// A socket's events, for its `Connection`.
private final class SocketHandler: WebSocketHandler {
    private let hub: Hub
    private let idleTimer: IdleTimer?
    /// Of the upgrade request, until the connection has it.
    private var bearer: String?
    private var connection: Connection?

    init(hub: Hub, bearer: String?, idleTimer: IdleTimer?) {
        self.hub = hub
        self.bearer = bearer
        self.idleTimer = idleTimer
    }

    func opened(_ socket: WebSocket) {
        socket.awaitAdmission(for: .seconds(10))
        idleTimer?.connectionOpened()
        connection = hub.connect(Socket(webSocket: socket), bearer: bearer)
        bearer = nil
    }

    func received(text: String) { connection?.received(text: text) }
    func received(binary: ByteBuffer) { connection?.receivedBinary() }

    func closed(_ closure: WebSocketClosure) {
        connection?.closed()
        connection = nil
        idleTimer?.connectionClosed()
    }
}

private struct Socket: ClientSocket {
    let webSocket: WebSocket

    func send(text: String, sheddable: Bool) { webSocket.send(text: text, sheddable: sheddable) }
    func whenSent(_ action: @escaping @Sendable () -> Void) { webSocket.whenSent(action) }
    func admit() { webSocket.admit() }
    func pauseReading() { webSocket.pauseReading() }
    func resumeReading() { webSocket.resumeReading() }
    func close(code: UInt16) { webSocket.close(code: code) }
}

extension Routes.Request {
    fileprivate init(_ request: HTTPRequest) {
        self.init(
            method: request.method, path: request.path,
            query: request.query.map { (name: $0.name, value: $0.value) }, origin: request.headers["origin"],
            host: request.headers["host"], isLocal: request.peer.isLoopback, bearer: request.bearer)
    }
}

extension HTTPRequest {
    /// The token of `Authorization: Bearer` (RFC 6750, section 2.1). Two of them are none.
    fileprivate var bearer: String? {
        let values = headers.values(of: "authorization")
        guard values.count == 1 else { return nil }
        let parts = values[0].split(separator: " ")
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }
}

extension HTTPResponse {
    fileprivate init(_ response: Routes.Response) {
        var headers = HTTPHeaderFields(Routes.headers)
        if let challenge = response.challenge { headers.append("WWW-Authenticate", challenge) }
        self.init(status: response.status, headers: headers, body: Array(response.body.utf8))
    }
}
