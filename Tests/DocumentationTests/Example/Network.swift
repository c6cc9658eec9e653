import ChatClient
import ChatWire
import NIOPosix
import Synchronization
import WebSocketTransport

/// The client module's connection to a server over TCP, with or without TLS.
struct Network: Transport {
    let server: ServerAddress
    private let sockets = WebSocketClient(group: MultiThreadedEventLoopGroup.singleton)

    init(_ server: ServerAddress) { self.server = server }

    private var endpoint: Endpoint { .tcp(host: server.host, port: server.port, tls: server.isEncrypted) }

    func open(_ events: @escaping @Sendable (LinkEvent) -> Void) -> any Link {
        let link = NetworkLink(events)
        link.connect { [self] in
            _ = try await sockets.connect(to: endpoint, target: server.prefix + "/") { link }
        }
        return link
    }

    func currentToken() -> String? { nil }

    func history(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int?
    ) async throws(HistoryFailure) -> HistoryPage {
        try await get(
            HistoryRequest.target(prefix: server.prefix, user: user, peer: peer, before: before, limit: limit))
    }

    func conversations(of user: UserID, limit: Int) async throws(HistoryFailure) -> ConversationList {
        try await get(HistoryRequest.conversations(prefix: server.prefix, user: user, limit: limit))
    }

    private func get<Answer: JSONDecodable>(_ target: String) async throws(HistoryFailure) -> Answer {
        do {
            let response = try await sockets.get(endpoint, target: target)
            if response.status == 404 { throw HistoryFailure.notProvided }
            return try WireCodec.decode(Answer.self, from: response.body)
        } catch let failure as HistoryFailure {
            throw failure
        } catch {
            throw .unanswered(.unreachable(.other("\(error)")))
        }
    }
}

/// One connection. Its events are reported in order; the end comes last, and once.
private final class NetworkLink: Link, WebSocketHandler {
    private struct State {
        var socket: WebSocket?
        var attempt: Task<Void, Never>?
        var isClosed = false
    }

    private let events: @Sendable (LinkEvent) -> Void
    private let state = Mutex(State())

    init(_ events: @escaping @Sendable (LinkEvent) -> Void) { self.events = events }

    func connect(_ body: @escaping @Sendable () async throws -> Void) {
        let attempt = Task {
            do {
                try await body()
            } catch {
                report(.ended(.unreachable(.other("\(error)"))))
            }
        }
        state.withLock { $0.attempt = attempt }
    }

    private func report(_ event: LinkEvent) {
        if !state.withLock(\.isClosed) { events(event) }
    }

    // MARK: - Link

    var token: String? { nil }

    func send(text: String) { state.withLock(\.socket)?.send(text: text) }
    func ping(patience: Duration) { state.withLock(\.socket)?.ping(patience: patience) }

    func close() {
        let (socket, attempt) = state.withLock { state in
            state.isClosed = true
            return (state.socket, state.attempt)
        }
        attempt?.cancel()
        socket?.close()
    }

    // MARK: - WebSocketHandler

    func opened(_ socket: WebSocket) {
        let isClosed = state.withLock { state in
            state.socket = socket
            return state.isClosed
        }
        if isClosed { socket.close() } else { report(.opened) }
    }

    func received(text: String) { report(.received(text: text)) }

    func closed(_ closure: WebSocketClosure) {
        switch closure {
        case .byPeer(let code, _): report(.ended(.closed(code: code.map(Int.init))))
        case .noPong: report(.ended(.noPong))
        case .byUs, .lost, .slowConsumer, .violation: report(.ended(.lost))
        }
    }
}
