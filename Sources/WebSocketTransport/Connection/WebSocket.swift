import NIOCore
import Synchronization

/// A connected WebSocket. Any thread may use it.
///
/// Messages are sent in the order of the calls on one thread, or under one lock. After the end of the connection every
/// method does nothing.
public final class WebSocket: Sendable {
    /// The event loop on which the handler is called.
    public let eventLoop: any EventLoop
    private let connection: NIOLoopBound<WebSocketConnection>
    /// The number of calls from other threads that have not reached the event loop yet. No later call may overtake
    /// them.
    private let underway = Atomic(0)

    init(_ connection: WebSocketConnection, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
    }

    /// Sends one text message.
    /// - Parameter sheddable: Whether to drop the message if much already waits for a slow peer
    ///   (``WebSocketLimits/sheddingBytes``). Use it for what is useless later, such as typing notices.
    public func send(text: String, sheddable: Bool = false) {
        onLoop { $0.send(text: text, sheddable: sheddable) }
    }

    /// Sends one text message, given as UTF-8 bytes.
    /// - Parameter text: UTF-8. It is not validated.
    public func send(text: [UInt8], sheddable: Bool = false) {
        // Most of what a server sends comes this way, so a closure is made only if the call has to wait.
        if mayGoAhead { return connection.value.send(text: text, sheddable: sheddable) }
        onLoop { $0.send(text: text, sheddable: sheddable) }
    }

    /// Sends one binary message.
    public func send(binary: ByteBuffer) {
        onLoop { $0.send(binary: binary) }
    }

    /// Pings now. If no sign of life comes in time, the connection ends with ``WebSocketClosure/noPong``.
    /// - Parameter patience: Replaces ``Heartbeat/Settings/patience`` for this ping.
    public func ping(patience: Duration? = nil) {
        onLoop { $0.probe(patience: patience) }
    }

    /// Closes with ``CloseCode/notAdmitted`` unless ``admit()`` is called in time. This is for servers whose clients
    /// have to authenticate.
    public func awaitAdmission(for time: Duration) {
        onLoop { $0.awaitAdmission(for: time) }
    }

    /// Lets the peer stay. It may also be called without ``awaitAdmission(for:)`` before it.
    public func admit() {
        onLoop { $0.admit() }
    }

    /// Begins the closing handshake, after everything sent so far.
    /// - Parameters:
    ///   - code: 1000 or another code that a Close frame may carry. With any other code the frame is empty.
    ///   - reason: A text for logs. It is cut to 123 bytes of UTF-8 (RFC 6455, section 5.5).
    public func close(code: UInt16 = CloseCode.normal, reason: String = "") {
        onLoop { $0.close(code: code, reason: reason) }
    }

    /// Stops reading, so that TCP slows the peer down. No message is received until ``resumeReading()``. Meanwhile the
    /// peer's silence is not counted against it.
    public func pauseReading() {
        onLoop { $0.pauseReading() }
    }

    public func resumeReading() {
        onLoop { $0.resumeReading() }
    }

    /// Throttles the peer: reads nothing for this time, even after ``resumeReading()``.
    public func throttle(for time: Duration) {
        onLoop { $0.throttle(for: time) }
    }

    /// Calls `action` on the event loop when everything sent so far has been passed to the kernel. It is never called
    /// if the connection ends before that. So a long series of messages can follow the pace of the socket.
    public func whenSent(_ action: @escaping @Sendable () -> Void) {
        onLoop { $0.whenSent(action) }
    }

    /// Whether the call is on the event loop, and no earlier call from another thread is still to come.
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
