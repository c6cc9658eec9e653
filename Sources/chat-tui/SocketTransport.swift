import AccountSession
import ChatClient
import ChatWire
import Foundation
import NIOPosix
import Synchronization
import WebSocketTransport

/// The client's transport: WebSocket and HTTP over TCP, TLS or this user's local socket.
final class SocketTransport: Transport {
    private let webSockets: WebSocketClient
    private let endpoint: Endpoint
    /// The `Host` header, and the prefix of every path.
    private let (host, prefix): (String, String)
    private let localServer: LocalServer?
    private let user: UserID
    private let token: TokenSource
    private let apiKey: String?
    private let state = Mutex(State())

    private struct State {
        weak var link: SocketLink?
        /// Refreshes the token, and notices the end of the session.
        var watch: Task<Void, Never>?
    }

    init(_ settings: ConnectionSettings) {
        var limits = WebSocketLimits()
        // The session gives an attempt ten seconds. Before they are over, the transport says where it was stuck.
        limits.handshakeTime = .seconds(9)
        webSockets = WebSocketClient(
            group: MultiThreadedEventLoopGroup(numberOfThreads: 1), limits: limits, heartbeat: settings.heartbeat,
            tls: ClientTLS(additionalAuthorities: settings.authorities),
            proxies: ProxySettings(environment: ProcessInfo.processInfo.environment))
        switch settings.server {
        case .local(let folders, let socketPath):
            let server = LocalServer(folders, socketPath: socketPath)
            localServer = server
            endpoint = .unix(path: server.socketPath)
            (host, prefix) = ("localhost", "")
        case .remote(let address):
            localServer = nil
            endpoint = .tcp(host: address.host, port: address.port, tls: address.isEncrypted)
            (host, prefix) = (address.authority, address.prefix)
        }
        user = settings.user
        token = settings.token
        apiKey = settings.apiKey
    }

    deinit { state.withLock { $0.watch?.cancel() } }

    func open(_ events: @escaping @Sendable (LinkEvent) -> Void) -> any Link {
        let link = SocketLink(user: user, isEncrypted: endpoint.isEncrypted, events: events)
        watch(link)
        link.start { [self] in
            let token = try await token.current()
            link.setToken(token)
            return try await connect(headers(token), link)
        }
        return link
    }

    /// Ends the link when the user has logged out, here or elsewhere.
    private func watch(_ link: SocketLink) {
        guard case .session(let session) = token else { return }
        state.withLock { state in
            state.link = link
            guard state.watch == nil else { return }
            state.watch = Task { [weak self] in
                let end = await session.watch()
                let link = self?.state.withLock { state in
                    state.watch = nil
                    return state.link
                }
                if let end { link?.end(end) }
            }
        }
    }

    func history(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int?
    ) async throws(HistoryFailure) -> HistoryPage {
        try await get(HistoryRequest.target(prefix: prefix, user: user, peer: peer, before: before, limit: limit))
    }

    func conversations(of user: UserID, limit: Int) async throws(HistoryFailure) -> ConversationList {
        try await get(HistoryRequest.conversations(prefix: prefix, user: user, limit: limit))
    }

    private func get<Answer: JSONDecodable>(_ target: String) async throws(HistoryFailure) -> Answer {
        do {
            let response = try await webSockets.get(
                endpoint, target: target, hostHeader: host, headers: headers(try await token.current()))
            switch response.status {
            case 200: return try WireCodec.decode(Answer.self, from: response.body)
            case 404: throw HistoryFailure.notProvided
            default: throw HistoryFailure.refused(status: response.status)
            }
        } catch let failure as HistoryFailure {
            throw failure
        } catch is WireCodec.Malformed {
            throw .malformed
        } catch {
            throw .unanswered(LinkEnd(error, isEncrypted: endpoint.isEncrypted))
        }
    }

    func currentToken() -> String? { token.replacement() }

    /// The headers that a hosted server needs.
    private func headers(_ token: String?) -> HTTPHeaderFields {
        var headers = HTTPHeaderFields([])
        if let token { headers.append("Authorization", "Bearer \(token)") }
        if let apiKey { headers.append("apikey", apiKey) }
        return headers
    }

    private func connect(_ headers: HTTPHeaderFields, _ link: SocketLink) async throws -> WebSocket {
        do {
            return try await connectOnce(headers, link)
        } catch let error as ConnectError where localServer != nil && error.isOfNobody {
            try localServer?.start()
        }
        // The server listens after some milliseconds. The session limits the time of the attempt.
        while true {
            try await Task.sleep(for: .milliseconds(10))
            do {
                return try await connectOnce(headers, link)
            } catch let error as ConnectError where error.isOfNobody {
                try localServer?.start()  // unless the one started is still on its way
            }
        }
    }

    private func connectOnce(_ headers: HTTPHeaderFields, _ link: SocketLink) async throws -> WebSocket {
        let socket = try await webSockets.connect(
            to: endpoint, target: prefix.isEmpty ? "/" : prefix, hostHeader: host, headers: headers
        ) { SocketEvents(link) }
        localServer?.answered()
        return socket
    }
}

/// A connection, or an attempt to connect.
private final class SocketLink: Link {
    private struct State {
        var token: String?
        var attempt: Task<Void, Never>?
        var socket: WebSocket?
        var isClosed = false
    }

    private let user: UserID
    private let isEncrypted: Bool
    private let events: @Sendable (LinkEvent) -> Void
    private let state = Mutex(State())

    init(user: UserID, isEncrypted: Bool, events: @escaping @Sendable (LinkEvent) -> Void) {
        self.user = user
        self.isEncrypted = isEncrypted
        self.events = events
    }

    var token: String? { state.withLock(\.token) }

    func setToken(_ token: String?) {
        state.withLock { $0.token = token }
    }

    /// Runs `connect`. If it fails, the link ends.
    func start(_ connect: @escaping @Sendable () async throws -> WebSocket) {
        let attempt = Task {
            do {
                _ = try await connect()
            } catch {
                report(.ended(LinkEnd(error, isEncrypted: isEncrypted)))
            }
        }
        state.withLock { $0.attempt = attempt }
    }

    func opened(_ socket: WebSocket) {
        let isClosed = state.withLock { state in
            state.socket = socket
            return state.isClosed
        }
        if isClosed { socket.close() } else { report(.opened) }
    }

    func report(_ event: LinkEvent) {
        var event = event
        if case .ended(let end) = event, let token,
            let problem = TokenClaims.problem(of: token, for: user, refusedWith: end, at: .now)
        {
            event = .ended(.token(problem))
        }
        if !state.withLock(\.isClosed) { events(event) }
    }

    func end(_ end: LinkEnd) {
        report(.ended(end))
        close()
    }

    func send(text: String) { state.withLock(\.socket)?.send(text: text) }
    func ping(patience: Duration) { state.withLock(\.socket)?.ping(patience: patience) }

    func close() {
        let (attempt, socket) = state.withLock { state in
            state.isClosed = true
            return (state.attempt, state.socket)
        }
        attempt?.cancel()
        socket?.close()
    }
}

/// Passes the socket's events to the link.
private final class SocketEvents: WebSocketHandler {
    private let link: SocketLink

    init(_ link: SocketLink) { self.link = link }

    func opened(_ socket: WebSocket) { link.opened(socket) }
    func received(text: String) { link.report(.received(text: text)) }
    func closed(_ closure: WebSocketClosure) { link.report(.ended(LinkEnd(closure))) }
}

extension LinkEnd {
    fileprivate init(_ closure: WebSocketClosure) {
        switch closure {
        case .byPeer(let code, _): self = .closed(code: code.map(Int.init))
        case .noPong: self = .noPong
        case .byUs, .lost, .slowConsumer, .violation: self = .lost
        }
    }

    /// The reason for which an attempt to connect failed.
    fileprivate init(_ error: any Error, isEncrypted: Bool) {
        switch error {
        case let end as LinkEnd: self = end
        case let error as ConnectError: self.init(error, isEncrypted: isEncrypted)
        default: self = .unreachable(.other("\(error)"))
        }
    }
}

extension ConnectError {
    /// Whether nobody listens there, yet or any more.
    fileprivate var isOfNobody: Bool {
        switch self {
        case .unreachable, .unanswered: true
        case .timedOut, .refused, .certificate, .notTLS, .onlyTLS, .handshake, .notAWebSocketServer, .badResponse,
            .proxy,
            .invalidRequest, .tlsFile, .localSocket, .cancelled:
            false
        }
    }
}

extension Endpoint {
    fileprivate var isEncrypted: Bool {
        switch self {
        case .tcp(_, _, let tls): tls
        case .unix: true  // nobody else hears it, and there is no other way to it
        }
    }
}
