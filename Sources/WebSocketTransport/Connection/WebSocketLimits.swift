import NIOCore

/// The limits of what a peer may use: sizes in bytes, and times. The defaults are those of the protocol.
public struct WebSocketLimits: Sendable, Hashable {
    /// The largest payload of one frame. A larger one ends the connection with 1009.
    public var frameBytes = 64 * 1024
    /// The largest payload of one message, all its fragments together. A larger one ends the connection with 1009.
    public var messageBytes = 64 * 1024
    /// The most bytes that may wait for a peer that does not read. What the kernel and the channel hold comes on top.
    public var outboundBytes = 1 << 20
    /// When this many bytes wait, sheddable messages are dropped.
    public var sheddingBytes = 256 * 1024
    /// How long a peer may accept no bytes at all.
    public var writeDeadline: Duration = .seconds(10)
    /// How long connecting and upgrading may take together, and each HTTP request from its first byte to its last.
    public var handshakeTime: Duration = .seconds(10)
    /// How long the peer has to answer a Close frame and end the TCP connection.
    public var closeTime: Duration = .seconds(5)
    /// How long an HTTP connection may wait for its next request.
    public var keepAliveTime: Duration = .seconds(30)
    /// The largest size of a request's target and headers together.
    public var headerBytes = 16 * 1024
    /// The largest body of a request. The server reads bodies only to find the next request.
    public var requestBodyBytes = 64 * 1024
    /// The most bytes of bodies that may wait for all HTTP clients of a server together; nil for no limit. Beyond it, clients get 503.
    public var answerBytes: Int? = 128 << 20
    /// The same for one address. This machine has no such limit.
    public var addressAnswerBytes: Int? = 32 << 20
    /// How many sockets a server may have, HTTP and WebSocket together; nil for no limit.
    public var sockets: Int?
    /// How many sockets one address may have; nil for no limit. This machine and trusted proxies are exempt.
    public var addressSockets: Int? = 2000
    /// The burst of sockets that one address may open. A tenth of it per second is allowed after that. Nil for no
    /// limit. This machine and trusted proxies are exempt.
    public var addressAccepts: Int? = 1000
    /// How many sockets may be opening, which means that TLS or their first request is not complete; nil for no limit.
    public var openings: Int? = 8192
    /// How many opening sockets one address may have; nil for no limit. This machine and trusted proxies are exempt.
    public var addressOpenings: Int? = 200
    /// The most bytes that a peer may send after the closing handshake, since they may have been in flight. Then the
    /// connection is reset.
    public var lingerBytes = 4 << 20
    /// The largest body of an answer that a client accepts.
    public var responseBodyBytes = 16 << 20

    public init() {}
}

/// What all connections of one server or one client share. It is one object, so that each connection keeps one
/// reference.
final class ConnectionSettings: Sendable {
    let role: Role
    let limits: WebSocketLimits
    let heartbeat: Heartbeat.Settings

    init(role: Role, limits: WebSocketLimits, heartbeat: Heartbeat.Settings) {
        self.role = role
        self.limits = limits
        self.heartbeat = heartbeat
    }
}
