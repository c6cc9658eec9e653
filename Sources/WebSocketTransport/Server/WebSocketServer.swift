import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A server for WebSockets, and for the few HTTP requests that share their port.
///
/// It listens on any number of addresses and Unix sockets, and ends with ``drain(code:within:)``.
public final class WebSocketServer: Sendable {
    private struct Listeners {
        var channels: [any Channel] = []
        var localSockets: [LocalSocket] = []
        var isDraining = false
    }

    private let group: any EventLoopGroup
    private let application: any ServerApplication
    private let limits: WebSocketLimits
    private let tls: ServerTLS?
    private let trustedProxies: TrustedProxies
    private let limiter: SocketLimiter
    private let onNotice: @Sendable (ServerNotice) -> Void
    private let count = ConnectionCount()
    private let loops: [ObjectIdentifier: NIOLoopBoundBox<ConnectionLoop>]
    private let listeners = Mutex(Listeners())

    /// - Parameters:
    ///   - group: The event loops to use. The server does not shut them down.
    ///   - tls: The certificate for the TCP addresses; nil for plain text.
    ///   - trustedProxies: The proxies whose `X-Forwarded-For` is believed.
    ///   - onNotice: Called with what an operator should know, on any thread.
    public init(
        group: any EventLoopGroup, application: any ServerApplication, limits: WebSocketLimits = WebSocketLimits(),
        heartbeat: Heartbeat.Settings = Heartbeat.Settings(), tls: ServerTLS? = nil,
        trustedProxies: TrustedProxies = TrustedProxies(),
        onNotice: @escaping @Sendable (ServerNotice) -> Void = { _ in }
    ) {
        self.group = group
        self.application = application
        self.limits = limits
        self.tls = tls
        self.trustedProxies = trustedProxies
        self.onNotice = onNotice
        limiter = SocketLimiter(limits)
        let answers = AnswerLimiter(limits)
        let settings = ConnectionSettings(role: .server, limits: limits, heartbeat: heartbeat)
        var loops: [ObjectIdentifier: NIOLoopBoundBox<ConnectionLoop>] = [:]
        for eventLoop in group.makeIterator() {
            loops[ObjectIdentifier(eventLoop)] = .makeBoxSendingValue(
                ConnectionLoop(settings: settings, eventLoop: eventLoop, count: count, answers: answers),
                eventLoop: eventLoop)
        }
        self.loops = loops
    }

    /// The number of open WebSockets.
    public var openConnections: Int { count.webSockets }

    /// The number of open sockets, HTTP and WebSocket together.
    public var openSockets: Int { limiter.count }
    /// The number of sockets without a complete first request.
    public var openingSockets: Int { limiter.openings }
    /// The number of sockets that were refused at the accept, by the limit they exceeded.
    public var refusedSockets: [SocketRefusal: Int] { limiter.refused }
    /// How many descriptors sockets may use beyond their limit for a moment, while refused ones are being closed.
    public static let socketsBeyondLimit = SocketLimiter.maxBeyondLimit

    /// The HTTP answers since the start.
    public func httpTraffic() async -> HTTPTraffic {
        var sum = HTTPTraffic()
        for box in loops.values {
            if let traffic = try? await box.eventLoop.submit({ box.value.traffic }).get() { sum.add(traffic) }
        }
        return sum
    }

    /// The number of bytes that wait for slow peers. It asks every connection.
    public func outboundBytes() async -> Int {
        var sum = 0
        for box in loops.values {
            sum += (try? await box.eventLoop.submit { box.value.outboundBytes }.get()) ?? 0
        }
        return sum
    }

    // MARK: Listening

    /// Listens on every address of `host` (`localhost` often has two). At least one must succeed.
    /// - Parameters:
    ///   - host: An IP address or a name.
    ///   - port: 0 for any free port, the same for all addresses.
    /// - Returns: The port.
    public func listen(host: String, port: Int) async throws(ListenError) -> Int {
        let addresses: [SocketAddress]
        do {
            addresses = try await NIOThreadPool.singleton.runIfActive { try SocketAddress.resolveAll(host, port: port) }
        } catch {
            throw .unknownHost(host)
        }
        var boundPort = port
        var channels: [any Channel] = []
        var failure: (any Error)?
        for var address in addresses {
            address.port = boundPort
            do {
                let channel = try await bootstrap(isTCP: true).bind(to: address).get()
                channels.append(channel)
                boundPort = channel.localAddress?.port ?? boundPort
            } catch {
                failure = failure ?? error
            }
        }
        if channels.isEmpty { throw .notBound("\(host):\(port)", failure.map(plainWords) ?? "no address") }
        try await keep(channels)
        return boundPort
    }

    /// Claims the Unix socket at `path` and listens on it, see ``LocalSocket``.
    public func listen(unixSocket path: String) async throws {
        try await listen(on: LocalSocket.claim(path: path))
    }

    /// Listens on a claimed Unix socket. The claim ends when the server has drained.
    public func listen(on socket: LocalSocket) async throws(ListenError) {
        do {
            let channel = try await bootstrap(isTCP: false).withBoundSocket(socket.takeDescriptor()).get()
            listeners.withLock { $0.localSockets.append(socket) }
            try await keep([channel])
        } catch let error as ListenError {
            throw error
        } catch {
            throw .notBound(socket.path, plainWords(error))
        }
    }

    private func keep(_ channels: [any Channel]) async throws(ListenError) {
        let isDraining = listeners.withLock { listeners in
            if !listeners.isDraining { listeners.channels += channels }
            return listeners.isDraining
        }
        guard isDraining else { return }
        for channel in channels { try? await channel.close() }
        throw .draining
    }

    /// Receive buffers grow with use: small ones for the many idle connections, large ones for the few busy ones.
    private static let receiveBuffers = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65536)

    private func bootstrap(isTCP: Bool) -> ServerBootstrap {
        var bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One connection per read, so that accepting can stop at any of them.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { [limiter, trustedProxies, onNotice] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptGuard(limiter, isTCP: isTCP, trustedProxies: trustedProxies, onNotice: onNotice))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: Self.receiveBuffers)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, isTCP: isTCP) }
            }
        if isTCP { bootstrap = bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1) }
        return bootstrap
    }

    private func configure(_ channel: any Channel, isTCP: Bool) throws {
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)]?.value else {
            throw ChannelError.operationUnsupported  // the group made a new event loop
        }
        let pipeline = channel.pipeline.syncOperations
        if isTCP, let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.context)) }
        let codec = HTTPServerCodec(limits: limits)
        try pipeline.addHandlers([
            codec.encoder, codec.decoder,
            HTTPServerConnection(
                application: application, loop: loop, trustedProxies: trustedProxies, codec: codec, limiter: limiter),
        ])
    }

    // MARK: Ending

    /// Stops accepting connections. Existing ones stay.
    public func stopListening() async {
        let channels = listeners.withLock { listeners in
            listeners.isDraining = true
            defer { listeners.channels = [] }
            return listeners.channels
        }
        for channel in channels { try? await channel.close() }
    }

    /// Stops listening, finishes the HTTP answers under way, and closes every WebSocket with `code`. It returns when
    /// all connections are gone. Those left after `time` are reset.
    public func drain(code: UInt16 = CloseCode.restart, within time: Duration = .seconds(10)) async {
        await stopListening()
        var cuts: [Scheduled<Void>] = []
        for box in loops.values {
            box.eventLoop.execute { box.value.drain(code: code) }
            cuts.append(box.eventLoop.scheduleTask(in: TimeAmount(time)) { box.value.cutAll() })
        }
        await count.waitForNone()
        for cut in cuts { cut.cancel() }
        let localSockets = listeners.withLock { listeners in
            defer { listeners.localSockets = [] }
            return listeners.localSockets
        }
        for socket in localSockets { socket.release() }
    }
}

/// What an operator should know.
public enum ServerNotice: Sendable, Hashable {
    /// Accepting pauses for a moment, because the system lacks a resource. The text names it in plain words.
    case acceptPaused(String)
    /// A socket was refused at the accept, because its address or all addresses together have too many or open them too
    /// fast.
    case socketRefused(Peer, SocketRefusal)
}

/// Why a server cannot listen.
public enum ListenError: Error, Sendable, Hashable {
    case unknownHost(String)
    /// The address, and the reason in plain words.
    case notBound(String, String)
    /// The server is draining.
    case draining
}
