import NIOCore

/// The events of one end of a WebSocket. They are delivered on the socket's event loop, in order, and never from inside
/// one of the socket's own methods.
///
/// A handler is used on its event loop only, so it needs no locks. It must not block.
public protocol WebSocketHandler: AnyObject {
    /// The connection is established. This is the first call, before any message can arrive.
    func opened(_ socket: WebSocket)
    func received(text: String)
    /// Without an implementation, binary messages are ignored.
    func received(binary: ByteBuffer)
    /// Traffic besides the payload of messages: control frames, fragments, headers. It is reported after the message it
    /// came with, and not for every few bytes. Without an implementation it is not limited.
    func received(otherFrames: Int, bytes: Int)
    /// The peer was not admitted in time (``WebSocket/awaitAdmission(for:)``), and the connection is about to be
    /// closed. What the handler sends now is the last thing the peer receives. Without an implementation nothing is
    /// sent.
    func notAdmitted()
    /// The connection is over. This is the last call, and it is made exactly once.
    func closed(_ closure: WebSocketClosure)
}

extension WebSocketHandler {
    public func received(binary: ByteBuffer) {}
    public func received(otherFrames: Int, bytes: Int) {}
    public func notAdmitted() {}
}

/// How a WebSocket ended.
public enum WebSocketClosure: Sendable, Hashable {
    /// The peer closed it. The code is nil if its Close frame had none.
    case byPeer(code: UInt16?, reason: String)
    /// This side closed it.
    case byUs(code: UInt16)
    /// The connection broke. The text says how, for a log.
    case lost(String)
    /// The peer sent nothing for too long after a ping.
    case noPong
    /// The peer did not read: too much was waiting for it, or something waited for too long.
    case slowConsumer
    /// The peer violated RFC 6455. It was sent this close code.
    case violation(code: UInt16, String)
}
