import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix

/// Makes the connection under HTTP: TCP or a Unix socket, through a proxy where one is set, and TLS.
struct Dialer: Sendable {
    let tls: ClientTLS
    let proxies: ProxySettings

    /// A channel that plain HTTP can be spoken on. Its TLS handshake may still be under way.
    func dial(
        _ endpoint: Endpoint, on eventLoop: any EventLoop, deadline: NIODeadline
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(deadline - .now())
            .channelOption(.maxMessagesPerRead, value: 4)
        switch endpoint {
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port, let isSecure):
            let bootstrap = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
            do {
                guard let proxy = try proxies.proxy(host: host, tls: isSecure) else {
                    return bootstrap.connect(host: host, port: port)
                        .flatMapThrowing { channel in try secure(channel, host: host, isSecure) }
                }
                return bootstrap.connect(host: proxy.host, port: proxy.port)
                    .flatMap { channel in tunnel(channel, through: proxy, host: host, port: port, deadline: deadline) }
                    .flatMapThrowing { channel in try secure(channel, host: host, isSecure) }
            } catch {
                return eventLoop.makeFailedFuture(error)
            }
        }
    }

    private func secure(_ channel: any Channel, host: String, _ isSecure: Bool) throws -> any Channel {
        if isSecure { try channel.pipeline.syncOperations.addHandler(tls.makeHandler(host: host)) }
        return channel
    }

    /// Asks the proxy for a tunnel (RFC 9110, section 9.3.6).
    private func tunnel(
        _ channel: any Channel, through proxy: ProxySettings.Proxy, host: String, port: Int, deadline: NIODeadline
    ) -> EventLoopFuture<any Channel> {
        let host = Endpoint.bracketed(host)
        var headers: HTTPHeaders = ["Host": "\(host):\(port)"]
        if let authorization = proxy.authorization { headers.add(name: "Proxy-Authorization", value: authorization) }
        let connected = channel.eventLoop.makePromise(of: Void.self)
        let encoder = HTTPRequestEncoder()
        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandlers([
                encoder, decoder,
                NIOHTTP1ProxyConnectHandler(
                    targetHost: host, targetPort: port, headers: headers, deadline: deadline, promise: connected),
            ])
        } catch {
            connected.fail(error)
        }
        return connected.futureResult.assumeIsolated().flatMap {
            pipeline.removeHandler(encoder).and(pipeline.removeHandler(decoder))
        }.nonisolated().map { _ in channel }
    }
}
