import NIOCore
import NIOHTTP1

/// Opens WebSockets, and makes single HTTP requests.
public struct WebSocketClient: Sendable {
    private let limits: WebSocketLimits
    private let heartbeat: Heartbeat.Settings
    private let exchange: HTTPExchange

    /// - Parameter group: The event loops to use. The client does not shut them down.
    public init(
        group: any EventLoopGroup, limits: WebSocketLimits = WebSocketLimits(),
        heartbeat: Heartbeat.Settings = Heartbeat.Settings(), tls: ClientTLS = ClientTLS(),
        proxies: ProxySettings = .none
    ) {
        self.init(group: group, limits: limits, heartbeat: heartbeat, dialer: Dialer(tls: tls, proxies: proxies))
    }

    init(group: any EventLoopGroup, limits: WebSocketLimits, heartbeat: Heartbeat.Settings, dialer: Dialer) {
        self.limits = limits
        self.heartbeat = heartbeat
        exchange = HTTPExchange(group: group, dialer: dialer, time: limits.handshakeTime)
    }

    /// Connects and upgrades, both within ``WebSocketLimits/handshakeTime``.
    /// - Parameters:
    ///   - target: Path and query, percent-encoded.
    ///   - hostHeader: The `Host` header, if it differs from the endpoint's.
    ///   - handler: Makes the handler. It is called on the socket's event loop, before the first message can arrive,
    ///     and only if the connection is established. The handler is told of the end of the connection in any case.
    /// - Throws: `ConnectError`.
    public func connect(
        to endpoint: Endpoint, target: String = "/", hostHeader: String? = nil, headers: HTTPHeaderFields = [:],
        handler: @escaping @Sendable () -> any WebSocketHandler
    ) async throws(ConnectError) -> WebSocket {
        let key = OpeningHandshake.makeKey()
        var headers = headers
        for (name, value) in [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key),
        ] { headers.append(name, value) }
        let request = try HTTPExchange.head(
            endpoint, target: target, hostHeader: hostHeader, headers: headers)
        let settings = ConnectionSettings(role: .client, limits: limits, heartbeat: heartbeat)
        return try await exchange.run(with: endpoint) { channel, promise in
            let loop = ConnectionLoop(settings: settings, eventLoop: channel.eventLoop)
            let codec = HTTPClientCodec(limits: settings.limits)
            let upgrade = ClientUpgradeHandler(
                request: request, key: key, codec: codec, loop: loop, makeHandler: handler, promise: promise)
            try channel.pipeline.syncOperations.addHandlers([codec.encoder, codec.decoder, upgrade])
        }
    }

    /// Makes one `GET` request on a connection of its own. The connection must be established within
    /// ``WebSocketLimits/handshakeTime``. The answer may take longer, as long as no pause in it is as long as that.
    /// - Returns: the answer, whatever its status.
    /// - Throws: `ConnectError`.
    public func get(
        _ endpoint: Endpoint, target: String = "/", hostHeader: String? = nil, headers: HTTPHeaderFields = [:]
    ) async throws(ConnectError) -> HTTPResponse {
        var headers = headers
        headers.append("Connection", "close")
        let request = try HTTPExchange.head(
            endpoint, target: target, hostHeader: hostHeader, headers: headers)
        return try await exchange.run(with: endpoint, boundsAnswer: false) { [limits] channel, promise in
            let codec = HTTPClientCodec(limits: limits)
            let handler = HTTPRequestHandler(
                request: request, bodyLimit: limits.responseBodyBytes, patience: TimeAmount(limits.handshakeTime),
                promise: promise)
            try channel.pipeline.syncOperations.addHandlers([codec.encoder, codec.decoder, handler])
        }
    }
}
