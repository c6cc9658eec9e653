import Foundation
import NIOPosix
import Synchronization
import WebSocketTransport

/// A server of protocol 1 in this process. It knows `auth` and `message`, and stores only its rows.
final class OldServer: ServerApplication {
    private struct State {
        var rows: [[String: String]] = []
        var sockets: [String: WebSocket] = [:]
    }

    /// Whether messages are stored and answered. If not, they are read and ignored.
    private let answers: Bool
    private let state = Mutex(State())

    init(answers: Bool = true) { self.answers = answers }

    /// - Returns: Its URL.
    func start() async throws -> String {
        let server = WebSocketServer(group: MultiThreadedEventLoopGroup.singleton, application: self)
        return "ws://127.0.0.1:\(try await server.listen(host: "127.0.0.1", port: 0))"
    }

    var texts: [String] { state.withLock { $0.rows.compactMap { $0["message_text"] } } }

    func admit(_ request: HTTPRequest) -> Admission { .accept(OldServerConnection(self)) }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(status: 200, body: Self.json(["messages": state.withLock(\.rows)]))
    }

    fileprivate func receive(_ event: [String: Any], from socket: WebSocket) {
        if event["type"] as? String == "auth", let user = event["userId"] as? String {
            state.withLock { $0.sockets[user] = socket }
            socket.send(#"{"type":"auth_success","message":"Авторизация успешна"}"#)
        } else if event["type"] as? String == "message", answers {
            store(event, from: socket)
        }
    }

    private func store(_ event: [String: Any], from socket: WebSocket) {
        let names = ["sender_id": "senderId", "receiver_id": "receiverId", "message_text": "messageText"]
        var row = names.compactMapValues { event[$0] as? String }
        row["id"] = UUID().uuidString
        row["created_at"] = Date().ISO8601Format()
        let receiver = state.withLock { [row] state in
            state.rows.append(row)
            return row["receiver_id"].flatMap { state.sockets[$0] }
        }
        socket.send(#"{"type":"message_sent","messageId":"\#(row["id"] ?? "")"}"#)
        receiver?.send(String(decoding: Self.json(["type": "new_message", "message": row]), as: UTF8.self))
    }

    private static func json(_ object: [String: Any]) -> [UInt8] {
        Array((try? JSONSerialization.data(withJSONObject: object)) ?? Data())
    }
}

extension WebSocket {
    fileprivate func send(_ text: String) { send(text: text) }
}

private final class OldServerConnection: WebSocketHandler {
    private let server: OldServer
    private var socket: WebSocket?

    init(_ server: OldServer) { self.server = server }

    func opened(_ socket: WebSocket) { self.socket = socket }

    func received(text: String) {
        let event = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        if let socket, let event { server.receive(event, from: socket) }
    }

    func closed(_ closure: WebSocketClosure) { socket = nil }
}
