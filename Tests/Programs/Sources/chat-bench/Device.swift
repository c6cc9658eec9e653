import ChatWire
import WebSocketTransport

/// One device of a user. It logs in with protocol 2, and then passes on everything it receives.
final class Device: WebSocketHandler {
    private let user: UserID
    private let resume: FeedPosition?
    private let trouble: Trouble
    private let received: (ServerFrame, WebSocket) -> Void
    private var socket: WebSocket?

    /// - Parameter received: Called on the socket's event loop for everything but errors, which go to `trouble`.
    init(
        of user: UserID, resume: FeedPosition? = nil, trouble: Trouble,
        received: @escaping (ServerFrame, WebSocket) -> Void
    ) {
        self.user = user
        self.resume = resume
        self.trouble = trouble
        self.received = received
    }

    func opened(_ socket: WebSocket) {
        self.socket = socket
        socket.send(text: WireCodec.encode(ClientEvent.auth(.init(user: user, protocolVersion: 2, resume: resume))))
    }

    func received(text: String) {
        guard let socket else { return }
        let frame = ServerFrame(text: text)
        if frame.kind == .failure {
            trouble.note(WrongAnswer(description: UntrustedText(text).displayed()))
        } else {
            received(frame, socket)
        }
    }

    func closed(_ closure: WebSocketClosure) {
        socket = nil
        trouble.note(ConnectionLost(why: "\(closure)"))
    }
}
