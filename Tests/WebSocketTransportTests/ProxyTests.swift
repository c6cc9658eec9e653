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
        Case(
            environment: ["HTTPS_PROXY": "http://p:3128"], proxy: .init(host: "p", port: 3128, variable: "HTTPS_PROXY")),
        Case(environment: ["HTTPS_PROXY": "http://p:3128"], tls: false),
        Case(
            environment: ["HTTP_PROXY": "p:3128/"], tls: false,
            proxy: .init(host: "p", port: 3128, variable: "HTTP_PROXY")),
        Case(environment: ["ALL_PROXY": "p"], proxy: .init(host: "p", port: 80, variable: "ALL_PROXY")),
        Case(
            environment: ["https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:2"],
            proxy: .init(host: "low", port: 1, variable: "https_proxy")),
        Case(
            environment: ["HTTPS_PROXY": "http://[::2]:8080"],
            proxy: .init(host: "::2", port: 8080, variable: "HTTPS_PROXY")),
        Case(
            environment: ["HTTPS_PROXY": "http://us%40er:pass@p:1"],
            proxy: .init(host: "p", port: 1, variable: "HTTPS_PROXY", authorization: "Basic dXNAZXI6cGFzcw==")),
        Case(
            environment: ["HTTPS_PROXY": "http://me@p"],
            proxy: .init(host: "p", port: 80, variable: "HTTPS_PROXY", authorization: "Basic bWU6")),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "example"]),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "x, .EXAMPLE"]),
        Case(
            environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "ample"],
            proxy: .init(host: "p", port: 1, variable: "HTTPS_PROXY")),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"]),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "*.example"]),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "chat.example:443"]),
        Case(
            environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example:80"],
            proxy: .init(host: "p", port: 1, variable: "HTTPS_PROXY")),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"], host: "10.1.1.1"),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.1.1.1:443"], host: "10.1.1.1"),
        Case(environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "[2001:db8::1]:443"], host: "2001:DB8:0::1"),
        Case(
            environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": "1.1"], host: "10.1.1.1",
            proxy: .init(host: "p", port: 1, variable: "HTTPS_PROXY")),
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
        let problem = ProxyProblem(address: "127.0.0.1:1", variable: "HTTPS_PROXY", .serverHasNoName)
        await #expect(throws: ConnectError.proxy(problem)) {
            _ = try await client.get(.tcp(host: "192.0.2.1", port: 443, tls: true))
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 407 Who\r\n\r\n", "", ProxyProblem.Reason.needsLogin),
        ("HTTP/1.1 407 Who\r\n\r\n", "me:x@", .loginRejected), ("HTTP/1.1 503 No\r\n\r\n", "", .refused(status: 503)),
        ("HTTP/1.1 302 Portal\r\nLocation: http://portal/\r\n\r\n", "", .refused(status: 302)),
        ("SSH-2.0-OpenSSH\r\n", "", .notAProxy), ("", "", .closed),
    ])
    func saysWhenTheProxyRefuses(_ answer: String, user: String, reason: ProxyProblem.Reason) async throws {
        let proxy = try await TestProxy(leadsTo: 1, refusal: answer)
        let client = WebSocketClient(group: testGroup, proxies: proxy.settings(user: user))
        let problem = ProxyProblem(address: "127.0.0.1:\(proxy.port)", variable: "HTTP_PROXY", reason)
        await #expect(throws: ConnectError.proxy(problem)) {
            _ = try await client.get(.tcp(host: "chat.example", port: 80, tls: false))
        }
        try await proxy.close()
    }

    @Test func saysWhenTheProxyIsNotThere() async throws {
        let port = try await withServer { _, port in port }
        let proxies = ProxySettings(environment: ["ALL_PROXY": "http://127.0.0.1:\(port)"])
        let client = WebSocketClient(group: testGroup, proxies: proxies)
        let problem = ProxyProblem(address: "127.0.0.1:\(port)", variable: "ALL_PROXY", .unreachable(.refused))
        await #expect(throws: ConnectError.proxy(problem)) {
            _ = try await client.get(.tcp(host: "chat.example", port: 80, tls: false))
        }
    }

    @Test func saysWhenTheProxyIsSilent() async throws {
        let silent = try await SilentListener()
        let proxies = ProxySettings(environment: ["HTTP_PROXY": "http://127.0.0.1:\(silent.port)"])
        let hasty = WebSocketClient(
            group: testGroup, limits: .with { $0.handshakeTime = .seconds(2) }, proxies: proxies)
        let problem = ProxyProblem(address: "127.0.0.1:\(silent.port)", variable: "HTTP_PROXY", .timedOut)
        await #expect(throws: ConnectError.proxy(problem)) {
            _ = try await hasty.get(.tcp(host: "chat.example", port: 80, tls: false))
        }
        try await silent.close()
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

    var port: Int { channel.localAddress?.port ?? 0 }

    /// - Parameter refusal: What it answers before it closes the connection, in place of a tunnel.
    init(leadsTo port: Int, refusal: String? = nil) async throws {
        let requests = Requests()
        self.requests = requests
        channel = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Tunnel(port: port, refusal: refusal, requests: requests))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func settings(user: String = "") -> ProxySettings {
        let url = "http://\(user)127.0.0.1:\(port)"
        return ProxySettings(environment: ["HTTP_PROXY": url, "HTTPS_PROXY": url])
    }

    func close() async throws { try await channel.close() }

    private final class Tunnel: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let port: Int
        private let refusal: String?
        private let requests: Requests
        private var head = ""
        private var other: EventLoopFuture<any Channel>?

        init(port: Int, refusal: String?, requests: Requests) {
            self.port = port
            self.refusal = refusal
            self.requests = requests
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            if let other { return other.whenSuccess { $0.writeAndFlush(bytes, promise: nil) } }
            head += String(buffer: bytes)
            guard head.hasSuffix("\r\n\r\n") else { return }
            let (head, answer, channel) = (head, refusal ?? "HTTP/1.1 200 Fine\r\n\r\n", context.channel)
            requests.withLock { $0.append(head) }
            if refusal != nil {
                channel.write(ByteBuffer(string: answer), promise: nil)
                channel.flush()
                return channel.close(promise: nil)
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
