import NIOCore

/// What a peer may cost: sizes in bytes and times. The defaults are the protocol's.
public struct WebSocketLimits: Sendable, Hashable {
    /// The most payload in one frame; a bigger one ends the connection with 1009.
    public var frameBytes = 64 * 1024
    /// The most payload in one message, all its fragments together; a bigger one ends the connection with 1009.
    public var messageBytes = 64 * 1024
    /// The most that waits for a peer that does not read, beside what the kernel and the channel hold.
    public var outboundBytes = 1 << 20
    /// From how many waiting bytes on a sheddable message is not sent.
    public var sheddingBytes = 256 * 1024
    /// How long a peer may take no bytes at all.
    public var writeDeadline: Duration = .seconds(10)
    /// How long connecting and upgrading may take together, and each HTTP request from its first byte to its last.
    public var handshakeTime: Duration = .seconds(10)
    /// How long the peer has to answer a Close frame and to end the TCP connection.
    public var closeTime: Duration = .seconds(5)
    /// How long an HTTP connection may wait for its next request.
    public var keepAliveTime: Duration = .seconds(30)
    /// The most of a request's target and headers together.
    public var headerBytes = 16 * 1024
    /// The most of a request's body. The server reads bodies only to find the next request.
    public var requestBodyBytes = 64 * 1024
    /// The most of all answers' bodies together that waits for HTTP clients of a server; beyond it they get 503.
    public var answerBytes = 128 << 20
    /// The most of it for one address. This machine has no such limit.
    public var addressAnswerBytes = 32 << 20
    /// How many sockets a server may have, whatever is spoken on them; nil for no limit.
    public var sockets: Int?
    /// How many of them one address may have; nil for no limit. This machine and trusted proxies have none.
    public var addressSockets: Int? = 2000
    /// How many sockets one address may open at once, and a tenth of it a second after that; nil for no limit. This machine and
    /// trusted proxies have none.
    public var addressAccepts: Int? = 1000
    /// How many sockets may be open on which nobody has asked for anything yet, because TLS or the first request is not done;
    /// nil for no limit.
    public var openings: Int? = 8192
    /// How many of them one address may have; nil for no limit. This machine and trusted proxies have none.
    public var addressOpenings: Int? = 200
    /// How much a peer may still send when all was said, since it was on its way: then the connection is cut.
    public var farewellBytes = 4 << 20
    /// The most of a response's body that a client takes.
    public var responseBodyBytes = 16 << 20

    public init() {}
}

/// What all connections of one server, or one client, have in common; one object, so that each keeps one reference.
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
