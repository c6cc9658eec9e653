import ChatServer
import NIOCore
import WebSocketTransport

/// Connects the transport to the server's logic: HTTP requests go to `Routes`, WebSockets to the `Hub`.
struct Application: ServerApplication {
    let hub: Hub
    let routes: Routes
    /// How long a connection may exist without a user who is logged in.
    let authTime: Duration
    let idleTimer: IdleTimer?

    func admit(_ request: HTTPRequest) -> Admission {
        let request = Routes.Request(request)
        if let refusal = routes.refusal(ofUpgrade: request) { return .refuse(HTTPResponse(refusal)) }
        return .accept(SocketHandler(application: self, request: request))
    }

    func answersAtOnce(_ request: HTTPRequest) -> Bool { !Routes.readsMessages(request.path) }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(await routes.respond(to: Routes.Request(request)))
    }
}

/// Passes a socket's events to its `Connection`.
private final class SocketHandler: WebSocketHandler {
    private let application: Application
    private let address: String?
    private let peer: String?
    /// The token of the upgrade request, until the connection takes it.
    private var bearer: String?
    private var connection: Connection?

    init(application: Application, request: Routes.Request) {
        self.application = application
        address = request.address
        peer = request.peer
        bearer = request.bearer
    }

    func opened(_ socket: WebSocket) {
        socket.awaitAdmission(for: application.authTime)
        application.idleTimer?.connectionOpened()
        application.routes.opened(from: address)
        connection = application.hub.connect(
            Socket(webSocket: socket), bearer: bearer, address: peer, limitKey: address)
        bearer = nil
    }

    func received(text: String) { connection?.received(text: text) }
    func received(binary: ByteBuffer) { connection?.receivedBinary(bytes: binary.readableBytes) }
    func received(otherFrames: Int, bytes: Int) { connection?.received(otherFrames: otherFrames, bytes: bytes) }

    func notAdmitted() { connection?.notAdmitted() }

    func closed(_ closure: WebSocketClosure) {
        connection?.closed(ConnectionEnd(closure))
        connection = nil
        application.idleTimer?.connectionClosed()
        application.routes.closed(from: address)
    }
}

extension ConnectionEnd {
    fileprivate init(_ closure: WebSocketClosure) {
        self =
            switch closure {
            case .byPeer: .client
            case .byUs(CloseCode.notAdmitted): .noAuth
            case .byUs: .server
            case .lost: .lost
            case .noPong: .noPong
            case .slowConsumer: .slowConsumer
            case .violation(CloseCode.tooBig, _): .tooBig
            case .violation: .violation
            }
    }
}

private struct Socket: ClientSocket {
    let webSocket: WebSocket

    func send(text: [UInt8], sheddable: Bool) { webSocket.send(text: text, sheddable: sheddable) }
    func whenSent(_ action: @escaping @Sendable () -> Void) { webSocket.whenSent(action) }
    func admit() { webSocket.admit() }
    func pauseReading() { webSocket.pauseReading() }
    func resumeReading() { webSocket.resumeReading() }
    func throttle(for time: Duration) { webSocket.throttle(for: time) }
    func close(code: UInt16, reason: String) { webSocket.close(code: code, reason: reason) }
    var loop: ObjectIdentifier { ObjectIdentifier(webSocket.eventLoop) }
    func execute(_ work: @escaping @Sendable () -> Void) { webSocket.eventLoop.execute(work) }
}

extension Routes.Request {
    fileprivate init(_ request: HTTPRequest) {
        self.init(
            method: request.method, path: request.path,
            query: request.query.map { (name: $0.name, value: $0.value) }, origin: request.headers.combined("origin"),
            host: request.headers.combined("host"), isLocal: request.peer.isLoopback,
            address: request.peer.limitKey, bearer: request.bearer, peer: request.peer.description)
    }
}

extension HTTPRequest {
    /// The token of `Authorization: Bearer` (RFC 6750, section 2.1). A request with two such fields has none.
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
        headers.append("Content-Type", response.contentType)
        if let challenge = response.challenge { headers.append("WWW-Authenticate", challenge) }
        if let seconds = response.retryAfter { headers.append("Retry-After", "\(seconds)") }
        self.init(status: response.status, headers: headers, body: Array(response.body.utf8))
    }
}
