import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import WebSocketTransport

@Suite(.timeLimit(.minutes(10)))
struct ProxyTests {
    struct Case: CustomTestStringConvertible {
        var environment: [String: String]
        var host = "chat.example"
        var port = 443
        var tls = true
        var proxy: ProxySettings.Proxy?
        var testDescription: String { "\(host) with \(environment)" }
    }

    static let cases: [Case] = [
        Case(environment: [:]),
        Case(environment: ["HTTPS_PROXY": ""]),
        Case(environment: ["HTTPS_PROXY": "http://p:3128"], proxy: .init(host: "p", port: 3128)),
        Case(environment: ["HTTPS_PROXY": "http://p:3128"], tls: false),
        Case(environment: ["HTTP_PROXY": "p:3128/"], tls: false, proxy: .init(host: "p", port: 3128)),
        Case(environment: ["ALL_PROXY": "p"], proxy: .init(host: "p", port: 80)),
        Case(
            environment: ["https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:2"],
            proxy: .init(host: "low", port: 1)),
        Case(environment: ["HTTPS_PROXY": "http://[::2]:8080"], proxy: .init(host: "::2", port: 8080)),
        Case(
            environment: ["HTTPS_PROXY": "http://us%40er:pass@p:1"],
            proxy: .init(host: "p", port: 1, authorization: "Basic dXNAZXI6cGFzcw==")),
        Case(
            environment: ["HTTPS_PROXY": "http://me@p"], proxy: .init(host: "p", port: 80, authorization: "Basic bWU6")),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "example"]),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "x, .EXAMPLE"]),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "ample"], proxy: .init(host: "p", port: 1)),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"]),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "*.example"]),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "chat.example:443"]),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example:80"], proxy: .init(host: "p", port: 1)),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"], host: "10.1.1.1"),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.1.1.1:443"], host: "10.1.1.1"),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "[2001:db8::1]:443"], host: "2001:DB8:0::1"),
        Case(
            environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "1.1"], host: "10.1.1.1",
            proxy: .init(host: "p", port: 1)),
        Case(environment: ["HTTPS_PROXY": "http://p:1"], host: "localhost"),
        Case(environment: ["HTTPS_PROXY": "http://p:1"], host: "127.0.0.1"),
        Case(environment: ["HTTPS_PROXY": "http://p:1"], host: "::1"),
    ]

    @Test(arguments: cases) func choosesAProxy(_ test: Case) throws {
        let settings = ProxySettings(environment: test.environment)
        #expect(try settings.proxy(host: test.host, port: test.port, tls: test.tls) == test.proxy)
    }

    @Test(arguments: ["https://p:1", "socks5://p:1", "http://", "http://p:0", "http://p:x", "http://[::1"])
    func saysWhenItsAddressIsWrong(url: String) {
        #expect(throws: ConnectError.self) {
            _ = try ProxySettings(environment: ["HTTPS_PROXY": url]).proxy(host: "chat.example", port: 443, tls: true)
        }
    }

    @Test func connectsThroughATunnel() async throws {
        try await withServer { _, port in
            let proxy = try await TestProxy(leadsTo: port)
            let client = WebSocketClient(group: testGroup, proxies: proxy.settings(user: "me:secret@"))
            let transcript = Transcript()
            let socket = try await client.connect(to: .tcp(host: "chat.example", port: 80, tls: false)) {
                Recorder(transcript)
            }
            socket.send(text: "hello")
            try await eventually("it is back") { transcript.events.last == .text("hello") }
            let request = proxy.requests.withLock { $0.first } ?? ""
            #expect(request.hasPrefix("CONNECT chat.example:80 HTTP/1.1\r\n"))
            #expect(request.contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"))
            try await proxy.close()
        }
    }

    @Test func connectsThroughATunnelWithTLS() async throws {
        let folder = try TemporaryFolder()
        let tls = try ServerTLS(
            certificateFile: folder.write("other.pem", TestCertificates.other),
            keyFile: folder.write("key.pem", TestCertificates.key))
        let authorities = try folder.write("authority.pem", TestCertificates.authority)
        try await withServer(tls: tls) { _, port in
            let proxy = try await TestProxy(leadsTo: port)
            let client = WebSocketClient(
                group: testGroup, tls: ClientTLS(additionalAuthorities: authorities), proxies: proxy.settings())
            let answer = try await client.get(.tcp(host: "other.example", port: 443, tls: true), target: "/x")
            #expect(answer.body == Array("path /x\n".utf8))
            try await proxy.close()
        }
    }

    /// The certificate would be compared with the proxy's address.
    @Test func takesNoAddressesForSecureServersBehindProxies() async throws {
        let proxies = ProxySettings(environment: ["HTTPS_PROXY": "http://127.0.0.1:1"])
        let client = WebSocketClient(group: testGroup, proxies: proxies)
        await #expect(
            throws: ConnectError.proxy(
                "through a proxy, a wss server has to be named, not given by its IP address")
        ) {
            _ = try await client.get(.tcp(host: "192.0.2.1", port: 443, tls: true))
        }
    }

    @Test func saysWhenTheProxyRefuses() async throws {
        for (status, words) in [
            ("407 Who", "the proxy wants a user name and a password"), ("503 No", "the proxy refused to connect"),
        ] {
            let proxy = try await TestProxy(leadsTo: 1, status: status)
            let client = WebSocketClient(group: testGroup, proxies: proxy.settings())
            await #expect(throws: ConnectError.proxy(words)) {
                _ = try await client.get(.tcp(host: "chat.example", port: 80, tls: false))
            }
            try await proxy.close()
        }
    }
}

/// A proxy that leads every tunnel to one port of loopback.
final class TestProxy: Sendable {
    let requests: Requests
    private let channel: any Channel

    final class Requests: Sendable {
        private let heads = Mutex<[String]>([])
        func withLock<Result>(_ body: (inout [String]) -> Result) -> Result { heads.withLock { body(&$0) } }
    }

    init(leadsTo port: Int, status: String = "200 Fine") async throws {
        let requests = Requests()
        self.requests = requests
        channel = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Tunnel(port: port, status: status, requests: requests))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func settings(user: String = "") -> ProxySettings {
        let url = "http://\(user)127.0.0.1:\(channel.localAddress?.port ?? 0)"
        return ProxySettings(environment: ["HTTP_PROXY": url, "HTTPS_PROXY": url])
    }

    func close() async throws { try await channel.close() }

    private final class Tunnel: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let port: Int
        private let status: String
        private let requests: Requests
        private var head = ""
        private var other: EventLoopFuture<any Channel>?

        init(port: Int, status: String, requests: Requests) {
            self.port = port
            self.status = status
            self.requests = requests
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            if let other { return other.whenSuccess { $0.writeAndFlush(bytes, promise: nil) } }
            head += String(buffer: bytes)
            guard head.hasSuffix("\r\n\r\n") else { return }
            let (head, answer, channel) = (head, "HTTP/1.1 \(status)\r\n\r\n", context.channel)
            requests.withLock { $0.append(head) }
            guard status.hasPrefix("200") else {
                return channel.writeAndFlush(ByteBuffer(string: answer), promise: nil)
            }
            let other = ClientBootstrap(group: context.eventLoop)
                .channelInitializer { new in
                    new.eventLoop.makeCompletedFuture {
                        try new.pipeline.syncOperations.addHandler(Copier(to: channel))
                    }
                }
                .connect(host: "127.0.0.1", port: port)
            self.other = other
            other.whenSuccess { _ in channel.writeAndFlush(ByteBuffer(string: answer), promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) { other?.whenSuccess { $0.close(promise: nil) } }
    }

    private final class Copier: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let target: any Channel

        init(to target: any Channel) { self.target = target }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            target.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { target.close(promise: nil) }
    }
}
