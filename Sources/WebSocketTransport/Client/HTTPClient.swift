import NIOCore
import NIOHTTP1

/// Makes single HTTP requests, each on a connection of its own. Time and size of every answer are limited, and redirects
/// are not followed: a key or a password must not go where another server says.
public struct HTTPClient: Sendable {
    private let limits: WebSocketLimits
    private let exchange: HTTPExchange

    public struct Request: Sendable {
        public var method: String
        /// Path and query, percent-encoded.
        public var target: String
        /// The `Host` header, if it differs from the endpoint's.
        public var hostHeader: String?
        public var headers: HTTPHeaderFields
        /// Nil for a request without a body. An empty one is sent with its length, 0.
        public var body: [UInt8]?
        /// The largest body of an answer. With a larger one the request fails.
        public var maxAnswerBytes: Int

        public init(
            method: String = "GET", target: String = "/", hostHeader: String? = nil, headers: HTTPHeaderFields = [:],
            body: [UInt8]? = nil, maxAnswerBytes: Int = 256 << 10
        ) {
            (self.method, self.target, self.hostHeader) = (method, target, hostHeader)
            (self.headers, self.body, self.maxAnswerBytes) = (headers, body, maxAnswerBytes)
        }
    }

    /// - Parameters:
    ///   - group: The event loops to use. The client does not shut them down.
    ///   - time: How long one request may take, from looking up the name to the last byte of the answer.
    public init(
        group: any EventLoopGroup, tls: ClientTLS = ClientTLS(), proxies: ProxySettings = .none,
        time: Duration = .seconds(10)
    ) {
        self.init(group: group, dialer: Dialer(tls: tls, proxies: proxies), time: time)
    }

    init(group: any EventLoopGroup, dialer: Dialer, time: Duration) {
        var limits = WebSocketLimits()
        limits.handshakeTime = time
        self.limits = limits
        exchange = HTTPExchange(group: group, dialer: dialer, time: time)
    }

    /// - Returns: the answer, whatever its status.
    /// - Throws: `ConnectError`.
    public func send(_ request: Request, to endpoint: Endpoint) async throws(ConnectError) -> HTTPResponse {
        var headers = request.headers
        headers.append("Connection", "close")
        if let body = request.body { headers.append("Content-Length", String(body.count)) }
        let head = try HTTPExchange.head(
            endpoint, method: HTTPMethod(rawValue: request.method), target: request.target,
            hostHeader: request.hostHeader, headers: headers)
        return try await exchange.run(with: endpoint) { [limits] channel, promise in
            let codec = HTTPClientCodec(limits: limits)
            let handler = HTTPRequestHandler(
                request: head, body: request.body ?? [], bodyLimit: request.maxAnswerBytes,
                patience: TimeAmount(limits.handshakeTime), promise: promise)
            try channel.pipeline.syncOperations.addHandlers([codec.encoder, codec.decoder, handler])
        }
    }
}
