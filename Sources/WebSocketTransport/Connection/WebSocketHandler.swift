import NIOCore

/// What one end of a WebSocket is told: always on the socket's event loop, in order, and never from inside one of the
/// socket's own methods.
///
/// A handler belongs to its event loop; it needs no locks, and must not block.
public protocol WebSocketHandler: AnyObject {
    /// The connection stands. Called first, and before any message can arrive.
    func opened(_ socket: WebSocket)
    func received(text: String)
    /// Without an implementation, binary messages are ignored.
    func received(binary: ByteBuffer)
    /// What came beside the payload of messages: control frames, fragments, headers. Told after what it came with, and
    /// not for each few bytes. Without an implementation nobody minds how much.
    func received(otherFrames: Int, bytes: Int)
    /// Nobody said in time who this is (``WebSocket/awaitAdmission(for:)``): the connection is closed, and what is sent now
    /// is the last that the peer hears. Without an implementation it hears nothing.
    func notAdmitted()
    /// It is over. Called exactly once, and last.
    func closed(_ closure: WebSocketClosure)
}

extension WebSocketHandler {
    public func received(binary: ByteBuffer) {}
    public func received(otherFrames: Int, bytes: Int) {}
    public func notAdmitted() {}
}

/// How a WebSocket ended.
public enum WebSocketClosure: Sendable, Hashable {
    /// The peer closed it. The code is nil where its Close frame had none.
    case byPeer(code: UInt16?, reason: String)
    /// We closed it.
    case byUs(code: UInt16)
    /// The connection broke; the text says how, for a log.
    case lost(String)
    /// The peer sent nothing for too long after a ping.
    case noPong
    /// The peer did not read, and too much was waiting for it, or for too long.
    case slowConsumer
    /// The peer broke RFC 6455; it was told this code.
    case violation(code: UInt16, String)
}
