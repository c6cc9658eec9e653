import CLibrary
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import SystemErrors

/// Opens the connection that HTTP runs on: TCP or a Unix socket, through a proxy if one is set, and TLS.
struct Dialer: Sendable {
    let tls: ClientTLS
    let proxies: ProxySettings
    /// Resolves names to addresses.
    var lookup: NameResolver.Lookup = { try SocketAddress.resolveAll($0, port: $1) }
    /// The wall clock, in seconds since 1970, for what is said of a certificate.
    var now: @Sendable () -> Int = { Int(time(nil)) }

    /// Opens a channel for HTTP. Its TLS handshake may still be under way.
    func dial(
        _ endpoint: Endpoint, on eventLoop: any EventLoop, deadline: NIODeadline
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .channelOption(.maxMessagesPerRead, value: 4)
        switch endpoint {
        case .unix(let path):
            do throws(LocalSocketError) {
                try LocalSocket.check(path: path)
            } catch {
                return eventLoop.makeFailedFuture(ConnectError.localSocket(error))
            }
            return bootstrap.connectTimeout(deadline - .now()).connect(unixDomainSocketPath: path).flatMap {
                PeerUser.check($0, path: path)
            }
        case .tcp(let host, let port, let isSecure):
            let bootstrap = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
            func connect(_ host: String, _ port: Int, until deadline: NIODeadline) -> EventLoopFuture<any Channel> {
                bootstrap.connectTimeout(deadline - .now())
                    .resolver(NameResolver(eventLoop: eventLoop, lookup: lookup)).connect(host: host, port: port)
            }
            do {
                guard let proxy = try proxies.proxy(host: host, port: port, tls: isSecure) else {
                    return connect(host, port, until: deadline)
                        .flatMapThrowing { channel in try secure(channel, host: host, isSecure) }
                }
                // TLS compares a certificate for an address with the address that the channel is connected to, and that
                // is the proxy's.
                if isSecure, IPAddress(host) != nil { throw proxy.problem(.serverHasNoName) }
                let deadline = deadline - Self.proxyMargin
                return connect(proxy.host, proxy.port, until: deadline)
                    .flatMapErrorThrowing { error in throw proxy.problem(.unreachable(NetworkFailure(error))) }
                    .flatMap { channel in tunnel(channel, through: proxy, host: host, port: port, deadline: deadline) }
                    .flatMapThrowing { channel in try secure(channel, host: host, isSecure) }
            } catch {
                return eventLoop.makeFailedFuture(error)
            }
        }
    }

    private func secure(_ channel: any Channel, host: String, _ isSecure: Bool) throws -> any Channel {
        do {
            guard isSecure else {
                try channel.pipeline.syncOperations.addHandler(TLSAlertDetector())
                return channel
            }
            try channel.pipeline.syncOperations.addHandlers([tls.makeHandler(host: host), CertificateJudge(now: now)])
            return channel
        } catch {
            channel.close(promise: nil)
            throw error
        }
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
        let answer = ProxyAnswer()
        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandlers([
                encoder, decoder, answer,
                NIOHTTP1ProxyConnectHandler(
                    targetHost: host, targetPort: port, headers: headers, deadline: deadline, promise: connected),
            ])
        } catch {
            connected.fail(error)
        }
        return connected.futureResult.assumeIsolated().flatMap {
            pipeline.removeHandler(answer).and(pipeline.removeHandler(encoder)).and(pipeline.removeHandler(decoder))
        }.flatMapErrorThrowing { error in
            throw proxy.problem(Self.reason(error, answer, isLoggingIn: proxy.authorization != nil))
        }.nonisolated().map { _ in channel }
    }

    private static func reason(
        _ error: any Error, _ answer: ProxyAnswer, isLoggingIn: Bool
    ) -> ProxyProblem.Reason {
        if !answer.isHTTP { return .notAProxy }
        switch answer.status {
        case 407: return isLoggingIn ? .loginRejected : .needsLogin
        case let status? where !(200..<300).contains(status): return .refused(status: status)
        case .some: return .notAProxy  // a body instead of a tunnel
        case nil: break
        }
        let isTimeout = error as? NIOHTTP1ProxyConnectHandler.Error == .httpProxyHandshakeTimeout()
        return isTimeout ? .timedOut : .closed
    }

    /// A proxy has a little less time than the whole attempt, so that its silence is told from the server's.
    private static let proxyMargin = TimeAmount.milliseconds(100)
}
