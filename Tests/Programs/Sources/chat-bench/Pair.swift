import ChatWire
import Synchronization
import WebSocketTransport

/// A sender and its receiver, and the times of each message.
///
/// The sender keeps `inFlight` unconfirmed messages in flight: one, as the protocol requires of a client within a
/// conversation, or more, to find the server's limit.
final class Pair: Sendable {
    private struct State {
        var sentAt: [ContinuousClock.Instant] = []
        var delivered = 0
        var confirmed = 0
        var latencies: [Duration] = []
    }

    private let sender: UserID
    private let receiver: UserID
    private let inFlight: Int
    private let phase: Phase
    private let trouble: Trouble
    private let state = Mutex(State())

    init(_ sender: UserID, _ receiver: UserID, inFlight: Int, phase: Phase, trouble: Trouble) {
        self.sender = sender
        self.receiver = receiver
        self.inFlight = inFlight
        self.phase = phase
        self.trouble = trouble
    }

    /// Whether everything sent has been delivered and confirmed.
    var isSettled: Bool {
        state.withLock { $0.delivered == $0.sentAt.count && $0.confirmed == $0.sentAt.count }
    }

    /// From `send` to the receiver's handler, for messages that arrived during the measurement.
    var latencies: [Duration] { state.withLock { $0.latencies } }

    func sendingDevice() -> Device {
        let template = MessageTemplate(from: sender, to: receiver)
        return Device(of: sender, trouble: trouble) { [self] frame, socket in
            switch frame.kind {
            case .authSuccess:
                for _ in 0..<inFlight { sendNext(template, socket) }
            case .messageSent:
                state.withLock { $0.confirmed += 1 }
                if phase.current != .ending { sendNext(template, socket) }
            case .newMessage, .resumeComplete, .failure, .other: break
            }
        }
    }

    func receivingDevice(ready: @escaping @Sendable () -> Void) -> Device {
        Device(of: receiver, trouble: trouble) { [self] frame, socket in
            switch frame.kind {
            case .authSuccess: ready()
            case .newMessage: arrived(frame, socket)
            case .messageSent, .resumeComplete, .failure, .other: break
            }
        }
    }

    private func sendNext(_ template: MessageTemplate, _ socket: WebSocket) {
        let number = state.withLock { state in
            state.sentAt.append(.now)
            return state.sentAt.count - 1
        }
        socket.send(text: template.message(number))
    }

    private func arrived(_ frame: ServerFrame, _ socket: WebSocket) {
        let now = ContinuousClock.now
        let isMeasured = phase.current == .measuring
        let expected = state.withLock { state in
            let expected = state.delivered
            state.delivered += 1
            if isMeasured, expected < state.sentAt.count { state.latencies.append(now - state.sentAt[expected]) }
            return expected
        }
        if frame.messageNumber != expected {
            trouble.note(WrongAnswer(description: "\(receiver) got \(frame.text) where number \(expected) was due"))
        }
        // A client does this after it has stored the message.
        if let cursor = frame.cursor { socket.send(text: "{\"type\":\"ack\",\"cursor\":\(cursor)}") }
    }
}

/// The phase of a measurement, shared by all its connections.
final class Phase: Sendable {
    enum Name: Int, AtomicRepresentable {
        case warmingUp
        case measuring
        /// Nothing new is sent; messages in flight arrive.
        case ending
    }

    private let name = Atomic(Name.warmingUp)

    var current: Name { name.load(ordering: .relaxed) }
    func enter(_ next: Name) { name.store(next, ordering: .relaxed) }
}
