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
        return .accept(SocketHandler(hub: hub, idleTimer: idleTimer))
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(await routes.respond(to: Routes.Request(request)))
    }
}

/// A socket's events, for its `Connection`.
private final class SocketHandler: WebSocketHandler {
    private let hub: Hub
    private let idleTimer: IdleTimer?
    private var connection: Connection?

    init(hub: Hub, idleTimer: IdleTimer?) {
        self.hub = hub
        self.idleTimer = idleTimer
    }

    func opened(_ socket: WebSocket) {
        socket.awaitAdmission(for: .seconds(10))
        idleTimer?.connectionOpened()
        connection = hub.connect(Socket(webSocket: socket))
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
            host: request.headers["host"], isLocal: request.peer.isLoopback)
    }
}

extension HTTPResponse {
    fileprivate init(_ response: Routes.Response) {
        self.init(status: response.status, headers: HTTPHeaderFields(Routes.headers), body: Array(response.body.utf8))
    }
}
