import NIOCore
import NIOHTTP1
import NIOSSL

/// Opens WebSockets, and makes single HTTP requests.
public struct WebSocketClient: Sendable {
    private let group: any EventLoopGroup
    private let limits: WebSocketLimits
    private let heartbeat: Heartbeat.Settings
    private let dialer: Dialer

    /// - Parameter group: The event loops to use. The client does not shut them down.
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

    /// Makes one `GET` request on a connection of its own. The connection must be established within
    /// ``WebSocketLimits/handshakeTime``. The answer may take longer, as long as no pause in it is as long as that.
    /// - Returns: the answer, whatever its status.
    /// - Throws: `ConnectError`.
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

    /// Connects, lets `start` add its handlers to the channel, and waits for their promise.
    /// - Parameter boundsAnswer: Whether the deadline of the connection also applies to the answer.
    private func exchange<Answer: Sendable>(
        with endpoint: Endpoint, boundsAnswer: Bool = true,
        start: @escaping @Sendable (any Channel, EventLoopPromise<Answer>) throws -> Void
    ) async throws(ConnectError) -> Answer {
        let eventLoop = group.next()
        let deadline = NIODeadline.now() + TimeAmount(limits.handshakeTime)
        let answer = eventLoop.makePromise(of: Answer.self)
        let isConnected = NIOLoopBoundBox.makeBoxSendingValue(false, eventLoop: eventLoop)
        let timeout = eventLoop.scheduleTask(deadline: deadline) {
            answer.fail(isConnected.value ? ConnectError.timedOut : .unreachable(.silent))
        }
        // All of this happens on the event loop, so that nothing can be read before the handlers are in place: a server
        // may speak first, if only to say that it is none of ours.
        let channel = eventLoop.flatSubmit {
            let channel = dialer.dial(endpoint, on: eventLoop, deadline: deadline)
            channel.flatMapThrowing { channel in
                isConnected.value = true
                if !boundsAnswer { timeout.cancel() }
                try start(channel, answer)
            }.cascadeFailure(to: answer)
            return channel
        }
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
