import NIOCore
import Synchronization

/// A connected WebSocket, usable from any thread.
///
/// What one thread sends is sent in that order, and so is what several send under one lock. After the end of the connection
/// every method does nothing.
public final class WebSocket: Sendable {
    /// Where the handler is called.
    public let eventLoop: any EventLoop
    private let connection: NIOLoopBound<WebSocketConnection>
    /// How many calls of other threads have not come to the event loop yet. Nothing may overtake them there.
    private let underway = Atomic(0)

    init(_ connection: WebSocketConnection, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
    }

    /// Sends one text message.
    /// - Parameter sheddable: Whether the message may be dropped where much is already waiting for a slow peer
    ///   (``WebSocketLimits/sheddingBytes``). For what is of no use later, like typing notices.
    public func send(text: String, sheddable: Bool = false) {
        onLoop { $0.send(text: text, sheddable: sheddable) }
    }

    /// The same.
    /// - Parameter text: UTF-8, which is not looked at.
    public func send(text: [UInt8], sheddable: Bool = false) {
        // Most of what a server sends; so a closure is made only where it has to wait.
        if mayGoAhead { return connection.value.send(text: text, sheddable: sheddable) }
        onLoop { $0.send(text: text, sheddable: sheddable) }
    }

    /// Sends one binary message.
    public func send(binary: ByteBuffer) {
        onLoop { $0.send(binary: binary) }
    }

    /// Asks for a sign of life now. If none comes in time, the connection ends with ``WebSocketClosure/noPong``.
    /// - Parameter patience: In place of ``Heartbeat/Settings/patience``.
    public func ping(patience: Duration? = nil) {
        onLoop { $0.probe(patience: patience) }
    }

    /// Closes with ``CloseCode/notAdmitted`` unless ``admit()`` comes in time: for a server whose clients have to say who
    /// they are.
    public func awaitAdmission(for time: Duration) {
        onLoop { $0.awaitAdmission(for: time) }
    }

    /// The peer may stay. Also without ``awaitAdmission(for:)`` before it.
    public func admit() {
        onLoop { $0.admit() }
    }

    /// Begins the closing handshake, behind everything sent so far.
    /// - Parameters:
    ///   - code: 1000, or another that a Close frame may carry; with any other the frame is left empty.
    ///   - reason: For a log; cut to the 123 bytes that fit.
    public func close(code: UInt16 = CloseCode.normal, reason: String = "") {
        onLoop { $0.close(code: code, reason: reason) }
    }

    /// Stops reading, so that the peer is slowed down by TCP. No message is received until ``resumeReading()``; while
    /// nothing is read, the peer's silence is not held against it.
    public func pauseReading() {
        onLoop { $0.pauseReading() }
    }

    public func resumeReading() {
        onLoop { $0.resumeReading() }
    }

    /// Reads nothing for so long, whatever ``resumeReading()`` says, to slow down a peer that sends too much.
    public func rest(for time: Duration) {
        onLoop { $0.rest(for: time) }
    }

    /// Calls `action` on the event loop once everything sent so far is with the kernel; never if the connection ends
    /// before. So a long series of messages can follow the pace of the socket.
    public func whenSent(_ action: @escaping @Sendable () -> Void) {
        onLoop { $0.whenSent(action) }
    }

    /// Whether this is the event loop, and nothing is underway to it that has to come first.
    private var mayGoAhead: Bool { eventLoop.inEventLoop && underway.load(ordering: .acquiring) == 0 }

    private func onLoop(_ body: @escaping @Sendable (WebSocketConnection) -> Void) {
        if mayGoAhead { return body(connection.value) }
        underway.add(1, ordering: .acquiringAndReleasing)
        eventLoop.execute { [self] in
            body(connection.value)
            underway.subtract(1, ordering: .acquiringAndReleasing)
        }
    }
}
