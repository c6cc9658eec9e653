import Foundation
import NIOCore
import Testing

@testable import WebSocketTransport

@Suite(.timeLimit(.minutes(1)))
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
            try await eventually("the client was told") { transcript.closure == .byPeer(code: 1012, reason: "") }
        }
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
        #expect(try await certificateError(of: TestCertificates.expired) == untrusted)
        let otherName = ConnectError.certificate(.otherName)
        #expect(try await certificateError(of: TestCertificates.other) == otherName)
        #expect(try await certificateError(of: TestCertificates.other, host: "127.0.0.1") == otherName)
    }

    @Test func saysWhenTheServerSpeaksNoTLS() async throws {
        try await withServer { _, port in
            await #expect(throws: ConnectError.unreachable("localhost:\(port) does not speak TLS on this port")) {
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

    @Test func saysWhichFileIsWrong() async throws {
        #expect(throws: TLSFileError.unreadable("/none.pem")) {
            _ = try ServerTLS(certificateFile: "/none.pem", keyFile: key)
        }
        #expect(throws: TLSFileError.unreadable(authority)) {
            _ = try ServerTLS(certificateFile: authority, keyFile: authority)
        }
        #expect(throws: TLSFileError.mismatch(certificateFile: authority, keyFile: key)) {
            _ = try ServerTLS(certificateFile: authority, keyFile: key)
        }
        let client = WebSocketClient(group: testGroup, tls: ClientTLS(additionalAuthorities: "/none.pem"))
        try await withServer(tls: serverTLS(TestCertificates.localhost)) { _, port in
            await #expect(throws: ConnectError.tlsFile(.unreadable("/none.pem"))) {
                _ = try await client.get(.tcp(host: "localhost", port: port, tls: true))
            }
        }
    }
}
