import NIOCore
import NIOHTTP1
import NIOSSL

/// Opens WebSockets, and gets single answers over HTTP.
public struct WebSocketClient: Sendable {
    private let group: any EventLoopGroup
    private let limits: WebSocketLimits
    private let heartbeat: Heartbeat.Settings
    private let dialer: Dialer

    /// - Parameter group: Whose event loops do the work. It is not shut down.
    public init(
        group: any EventLoopGroup, limits: WebSocketLimits = WebSocketLimits(),
        heartbeat: Heartbeat.Settings = Heartbeat.Settings(), tls: ClientTLS = ClientTLS(),
        proxies: ProxySettings = .none
    ) {
        self.init(group: group, limits: limits, heartbeat: heartbeat, dialer: Dialer(tls: tls, proxies: proxies))
    }

    init(group: any EventLoopGroup, limits: WebSocketLimits, heartbeat: Heartbeat.Settings, dialer: Dialer) {
        self.group = group
        self.limits = limits
        self.heartbeat = heartbeat
        self.dialer = dialer
    }

    /// Connects and upgrades, both within ``WebSocketLimits/handshakeTime``.
    /// - Parameters:
    ///   - target: Path and query, encoded.
    ///   - hostHeader: The `Host` header, where it is not the endpoint's own.
    ///   - handler: Makes the handler, on the socket's event loop and before the first message can arrive. It is not
    ///     called where there is no connection; where it was, the handler is told of the end too.
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
        let request = try Self.request(endpoint, target: target, hostHeader: hostHeader, headers: headers)
        let settings = ConnectionSettings(role: .client, limits: limits, heartbeat: heartbeat)
        return try await exchange(with: endpoint) { channel, promise in
            let loop = ConnectionLoop(settings: settings, eventLoop: channel.eventLoop)
            let codec = HTTPClientCodec(limits: settings.limits)
            let upgrade = ClientUpgradeHandler(
                request: request, key: key, codec: codec, loop: loop, makeHandler: handler, promise: promise)
            try channel.pipeline.syncOperations.addHandlers([codec.encoder, codec.decoder, upgrade])
        }
    }

    /// One `GET` on a connection of its own, which stands within ``WebSocketLimits/handshakeTime``; the answer is waited for
    /// until nothing came for as long. Any status is an answer.
    public func get(
        _ endpoint: Endpoint, target: String = "/", hostHeader: String? = nil, headers: HTTPHeaderFields = [:]
    ) async throws(ConnectError) -> HTTPResponse {
        var headers = headers
        headers.append("Connection", "close")
        let request = try Self.request(endpoint, target: target, hostHeader: hostHeader, headers: headers)
        return try await exchange(with: endpoint, boundsAnswer: false) { [limits] channel, promise in
            let codec = HTTPClientCodec(limits: limits)
            let get = HTTPGetHandler(
                request: request, bodyLimit: limits.responseBodyBytes, patience: TimeAmount(limits.handshakeTime),
                promise: promise)
            try channel.pipeline.syncOperations.addHandlers([codec.encoder, codec.decoder, get])
        }
    }

    /// Dials, lets `start` put its handlers into the channel, and waits for what they promise.
    /// - Parameter boundsAnswer: the deadline for the connection is that for the answer as well.
    private func exchange<Answer: Sendable>(
        with endpoint: Endpoint, boundsAnswer: Bool = true,
        start: @escaping @Sendable (any Channel, EventLoopPromise<Answer>) throws -> Void
    ) async throws(ConnectError) -> Answer {
        let eventLoop = group.next()
        let deadline = NIODeadline.now() + TimeAmount(limits.handshakeTime)
        let answer = eventLoop.makePromise(of: Answer.self)
        let timeout = eventLoop.scheduleTask(deadline: deadline) { answer.fail(ConnectError.timedOut) }

        let channel = eventLoop.flatSubmit { dialer.dial(endpoint, on: eventLoop, deadline: deadline) }
        channel.flatMapThrowing { try start($0, answer) }.cascadeFailure(to: answer)
        if !boundsAnswer { channel.whenSuccess { _ in timeout.cancel() } }
        answer.futureResult.whenComplete { _ in timeout.cancel() }
        answer.futureResult.whenFailure { _ in channel.whenSuccess { $0.close(promise: nil) } }
        do {
            return try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                answer.fail(ConnectError.cancelled)
            }
        } catch {
            throw ConnectError(error)
        }
    }

    private static func request(
        _ endpoint: Endpoint, target: String, hostHeader: String?, headers: HTTPHeaderFields
    ) throws(ConnectError) -> HTTPRequestHead {
        var all = HTTPHeaderFields([("Host", hostHeader ?? endpoint.hostHeader)])
        for field in headers.fields { all.append(field.name, field.value) }
        let isSafe = { (text: String) in text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
        guard isSafe(target), !target.contains(" "), all.fields.allSatisfy({ isSafe($0.name) && isSafe($0.value) })
        else { throw .invalidRequest("the target or a header has a character that HTTP does not allow") }
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: all.nioHeaders)
    }
}
