#if Cluster

import Foundation
import NIOPosix
import Synchronization
import Testing
import WebSocketTransport

/// The old web client: a page of the shop that speaks protocol 1, and sends the token that the guide lets it send.
final class OldWebClient: Sendable {
    private final class Handler: WebSocketHandler, @unchecked Sendable {
        let received = Mutex<(events: [[String: any Sendable]], code: UInt16?)>(([], nil))

        func opened(_ socket: WebSocket) {}

        func received(text: String) {
            let event = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            let texts = (event ?? [:]).compactMapValues { value -> (any Sendable)? in
                (value as? String) ?? (value as? [String: Any])?.compactMapValues { $0 as? String }
            }
            received.withLock { $0.events.append(texts) }
        }

        func closed(_ closure: WebSocketClosure) {
            if case .byPeer(let code, _) = closure { received.withLock { $0.code = code } }
        }
    }

    private let handler = Handler()
    private let socket: WebSocket
    let user: String

    /// Connects and sends `auth`.
    ///
    /// - Parameter fields: those of `auth`, as the guide names them.
    init(_ address: String, port: Int, authorities: String, user: String, fields: [String], token: String) async throws
    {
        self.user = user
        let client = WebSocketClient(
            group: MultiThreadedEventLoopGroup.singleton, tls: ClientTLS(additionalAuthorities: authorities))
        let handler = handler
        socket = try await client.connect(
            to: .tcp(host: address, port: port, tls: true), headers: ["Origin": "https://shop.example"]
        ) { handler }
        let values = ["type": "auth", "userId": user, "token": token]
        send(Dictionary(uniqueKeysWithValues: fields.map { ($0, values[$0] ?? "?") }))
    }

    func send(_ text: String, to receiver: String) {
        send(["type": "message", "senderId": user, "receiverId": receiver, "messageText": text])
    }

    private func send(_ event: [String: String]) {
        guard let data = try? JSONEncoder().encode(event) else { return }
        socket.send(text: String(decoding: data, as: UTF8.self))
    }

    var types: [String] { handler.received.withLock { $0.events.compactMap { $0["type"] as? String } } }

    /// The texts that it was sent by others, in order.
    var texts: [String] {
        handler.received.withLock {
            $0.events.compactMap { ($0["message"] as? [String: String])?["message_text"] }
        }
    }

    /// The code with which the server closed the connection; nil if it did not.
    var code: UInt16? { handler.received.withLock { $0.code } }

    func close() { socket.close() }
}

#endif
