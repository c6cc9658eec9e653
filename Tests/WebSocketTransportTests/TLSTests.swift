import Foundation
import NIOCore
import Testing

@testable import WebSocketTransport

@Suite(.timeLimit(.minutes(10)))
struct TLSTests {
    private let folder: TemporaryFolder
    private let authority: String
    private let key: String

    init() throws {
        folder = try TemporaryFolder()
        authority = try folder.write("authority.pem", TestCertificates.authority)
        key = try folder.write("key.pem", TestCertificates.key)
    }

    private func serverTLS(_ certificate: String) throws -> ServerTLS {
        try ServerTLS(certificateFile: folder.write("server.pem", certificate), keyFile: key)
    }

    private var trusting: WebSocketClient {
        WebSocketClient(group: testGroup, tls: ClientTLS(additionalAuthorities: authority))
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func speaksOverTLS(host: String) async throws {
        try await withServer(tls: serverTLS(TestCertificates.localhost)) { server, port in
            let transcript = Transcript()
            let endpoint = Endpoint.tcp(host: host, port: port, tls: true)
            let socket = try await trusting.connect(to: endpoint) { Recorder(transcript) }
            let long = String(repeating: "x", count: 60_000)
            socket.send(text: long)
            try await eventually("it is back") { transcript.events.last == .text(long) }
            #expect(try await trusting.get(endpoint, target: "/big").body.count == 3 << 20)
            socket.close()
            try await eventually("it is closed on both sides") {
                transcript.closure == .byUs(code: 1000) && server.openConnections == 0
            }
        }
    }

    @Test func drainsOverTLS() async throws {
        try await withServer(tls: serverTLS(TestCertificates.localhost)) { server, port in
            let transcript = Transcript()
            _ = try await trusting.connect(to: .tcp(host: "localhost", port: port, tls: true)) { Recorder(transcript) }
            let start = ContinuousClock.now
            await server.drain(code: 1012, within: .seconds(8))
            #expect(ContinuousClock.now - start < .seconds(4))
            try await eventually("the client was told") {
                transcript.closure == .byPeer(code: 1012, reason: "the server ends")
            }
        }
    }

    private func client(within time: Duration, _ tls: ClientTLS) -> WebSocketClient {
        WebSocketClient(group: testGroup, limits: .with { $0.handshakeTime = time }, tls: tls)
    }

    /// The server falls silent at some point of the handshake.
    @Test func silentServersTimeOut() async throws {
        let silent = try await SilentListener()
        let tls = try serverTLS(TestCertificates.localhost)
        let silentAfterTLS = try await ScriptedServer(tls: tls) { _ in [] }
        let client = client(within: .milliseconds(500), ClientTLS(additionalAuthorities: authority))
        for port in [silent.port, silentAfterTLS.port] {
            await #expect(throws: ConnectError.timedOut) {
                let endpoint = Endpoint.tcp(host: "localhost", port: port, tls: true)
                _ = try await client.connect(to: endpoint) { Recorder(Transcript()) }
            }
        }
        try await silent.close()
        try await silentAfterTLS.close()
    }

    @Test func silentClientsAreCut() async throws {
        let limits = WebSocketLimits.with { $0.handshakeTime = .seconds(1) }
        try await withServer(limits: limits, tls: serverTLS(TestCertificates.localhost)) { _, port in
            let silent = try await RawClient(port: port)
            let dripping = try await RawClient(port: port)
            try await dripping.send([22, 3, 1, 2])  // the beginning of a handshake
            try await eventually("both are cut") { silent.isClosed && dripping.isClosed }
        }
    }

    /// Such a client does not answer TLS's shutdown either.
    @Test func drainCutsWhoDoesNotRead() async throws {
        let tls = try serverTLS(TestCertificates.localhost)
        let server = WebSocketServer(group: testGroup, application: TestApplication(), tls: tls)
        let port = try await server.listen(host: "127.0.0.1", port: 0)
        let deaf = try await RawClient(port: port, tls: ClientTLS(additionalAuthorities: authority))
        try await deaf.upgrade()
        try await deaf.stopReading()
        let start = ContinuousClock.now
        await server.drain(within: .milliseconds(200))
        #expect(ContinuousClock.now - start < .seconds(3))
        deaf.close()
    }

    /// TLS takes a while to shut down, and the answer arrives meanwhile.
    @Test func nothingOpensWhenTheTimeIsUp() async throws {
        let tls = try serverTLS(TestCertificates.localhost)
        let late = try await ScriptedServer(tls: tls, delay: .seconds(2)) { request in
            let key = request.split(whereSeparator: \.isNewline).first { $0.hasPrefix("Sec-WebSocket-Key: ") }
            let accept = OpeningHandshake.accept(for: String(key?.dropFirst(19) ?? ""))
            return Array(
                """
                HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Accept: \(accept)\r\n\r\n
                """.utf8)
        }
        let endpoint = Endpoint.tcp(host: "localhost", port: late.port, tls: true)
        let transcript = Transcript()
        let clientTLS = ClientTLS(additionalAuthorities: authority)
        _ = try await client(within: .seconds(10), clientTLS).connect(to: endpoint) { Recorder(transcript) }
        await #expect(throws: ConnectError.timedOut) {
            _ = try await client(within: .seconds(1), clientTLS).connect(to: endpoint) { Recorder(transcript) }
        }
        try await Task.sleep(for: .seconds(2))
        #expect(transcript.events == [.opened])
        try await late.close()
    }

    private func certificateError(
        of certificate: String, host: String = "localhost", client: WebSocketClient? = nil
    ) async throws -> ConnectError? {
        try await withServer(tls: serverTLS(certificate)) { _, port in
            do throws(ConnectError) {
                _ = try await (client ?? trusting).get(.tcp(host: host, port: port, tls: true))
                return nil
            } catch {
                return error
            }
        }
    }

    @Test func refusesWhomItCannotTrust() async throws {
        let unknown = WebSocketClient(group: testGroup)
        let untrusted = ConnectError.certificate(.notTrusted)
        #expect(try await certificateError(of: TestCertificates.localhost, client: unknown) == untrusted)
        #expect(try await certificateError(of: TestCertificates.expired) == .certificate(.expired))
        // A clock that stands in 2001.
        let early = WebSocketClient(
            group: testGroup, limits: WebSocketLimits(), heartbeat: .init(),
            dialer: Dialer(tls: ClientTLS(), proxies: .none, now: { 1_000_000_000 }))
        let notYet = ConnectError.certificate(.notYetValid)
        #expect(try await certificateError(of: TestCertificates.localhost, client: early) == notYet)
        let otherName = ConnectError.certificate(.otherName)
        #expect(try await certificateError(of: TestCertificates.other) == otherName)
        #expect(try await certificateError(of: TestCertificates.other, host: "127.0.0.1") == otherName)
    }

    @Test func saysWhenTheServerSpeaksNoTLS() async throws {
        try await withServer { _, port in
            await #expect(throws: ConnectError.notTLS) {
                _ = try await trusting.get(.tcp(host: "localhost", port: port, tls: true))
            }
        }
    }

    @Test func reloadsItsCertificate() async throws {
        let tls = try serverTLS(TestCertificates.other)
        try await withServer(tls: tls) { _, port in
            let endpoint = Endpoint.tcp(host: "localhost", port: port, tls: true)
            await #expect(throws: ConnectError.self) { _ = try await trusting.get(endpoint) }
            _ = try folder.write("server.pem", TestCertificates.localhost)
            try tls.reload()
            #expect(try await trusting.get(endpoint).status == 200)
            _ = try folder.write("server.pem", "nonsense")
            #expect(throws: TLSFileError.unreadable(folder.path + "/server.pem")) { try tls.reload() }
            #expect(try await trusting.get(endpoint).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(10))) func readsNeitherDevicesNorPipesForEver() throws {
        let pipe = folder.path + "/pipe"
        mkfifo(pipe, 0o600)
        for path in ["/dev/zero", "/dev/null"] {
            #expect(throws: TLSFileError.inaccessible(path, .notAFile)) { try PEMFile.bytes(path) }
        }
        #expect(throws: TLSFileError.inaccessible(folder.path, .folder)) { try PEMFile.bytes(folder.path) }
        #expect(throws: TLSFileError.inaccessible(pipe, .silent)) { try PEMFile.bytes(pipe) }
        #expect(throws: TLSFileError.inaccessible("/none.pem", .missing)) { try PEMFile.bytes("/none.pem") }
        let closed = try folder.write("closed.pem", "")
        #expect(chmod(closed, 0) == 0)
        // The superuser can read it all the same.
        if geteuid() != 0 {
            #expect(throws: TLSFileError.inaccessible(closed, .notPermitted)) { try PEMFile.bytes(closed) }
        }
        let text = folder.path + "/text"
        try Data("PEM".utf8).write(to: URL(fileURLWithPath: text))
        #expect(try PEMFile.bytes(text) == Array("PEM".utf8))
    }

    @Test func saysWhichFileIsWrong() async throws {
        #expect(throws: TLSFileError.inaccessible("/none.pem", .missing)) {
            _ = try ServerTLS(certificateFile: "/none.pem", keyFile: key)
        }
        #expect(throws: TLSFileError.unreadable(authority)) {
            _ = try ServerTLS(certificateFile: authority, keyFile: authority)
        }
        #expect(throws: TLSFileError.mismatch(certificateFile: authority, keyFile: key)) {
            _ = try ServerTLS(certificateFile: authority, keyFile: key)
        }
        let client = WebSocketClient(group: testGroup, tls: ClientTLS(additionalAuthorities: "/none.pem"))
        let listener = try await SilentListener()
        await #expect(throws: ConnectError.tlsFile(.inaccessible("/none.pem", .missing))) {
            _ = try await client.get(.tcp(host: "127.0.0.1", port: listener.port, tls: true))
        }
        try await eventually("nothing is left open") { listener.accepted == 1 && listener.open == 0 }
        try await listener.close()
    }
}
