import Foundation
import Testing

extension EndToEnd {
    /// A real nginx in front of the real server: who counts as being on this machine, and which address limits apply
    /// to.
    @Suite struct ProxyTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func status(_ nginx: NginxProcess, _ headers: String..., isUpgrade: Bool = true) throws -> Int? {
            let socket = try LoopbackSocket.connected(to: nginx.port)
            let upgrade = [
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ]
            let lines = ["GET /status HTTP/1.1", "Host: 127.0.0.1"] + (isUpgrade ? upgrade : ["Connection: close"])
            socket.write(Array(((lines + headers).joined(separator: "\r\n") + "\r\n\r\n").utf8))
            let answer = String(decoding: socket.read() ?? [], as: UTF8.self)
            return answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }

        /// However nginx says that it is a proxy, and over TCP and the Unix socket.
        @Test(
            arguments: [
                NginxProcess.usualForwarding, "proxy_set_header X-Real-IP $remote_addr;",
                "proxy_set_header Forwarded for=$remote_addr;", "proxy_set_header Via nginx;",
                "proxy_set_header X-Forwarded-Proto https;",
            ], [false, true])
        func whoeverComesThroughAProxyIsNotOfThisMachine(_ forwarding: String, overUnix: Bool) async throws {
            let path = home.file("run/proxied.sock")
            let server = try await ServerProcess.start(home: home, unixSocket: path)
            let address = overUnix ? "http://unix:\(path):" : "http://127.0.0.1:\(server.port)"
            let nginx = try await NginxProcess.start(
                home: home, server: address, forwarding: forwarding + " proxy_set_header Host 127.0.0.1;")
            #expect(try status(nginx) == 403)
            #expect(try status(nginx, isUpgrade: false) == 403)
        }

        /// A content network's headers pass through an nginx that adds none itself.
        @Test(arguments: ["CF-Connecting-IP: 192.0.2.1", "True-Client-IP: 192.0.2.1", "Via: 1.1 x", "CDN-Loop: x"])
        func whatAnotherProxyAddedCounts(_ header: String) async throws {
            let server = try await ServerProcess.start(home: home)
            let nginx = try await NginxProcess.start(home: home, server: server.port, forwarding: "")
            #expect(try status(nginx, header) == 403)
        }

        /// A client sends its own header, which nginx extends, over TCP and over the Unix socket.
        @Test(arguments: [false, true])
        func limitsGoByTheClientThatATrustedProxyNames(overUnix: Bool) async throws {
            let path = home.file("run/proxied.sock")
            let server = try await ServerProcess.start(
                home: home,
                options: ["--insecure-allow-remote", "--address-requests", "5", "--trusted-proxy", "127.0.0.1"]
                    + (overUnix ? ["--trusted-proxy", "unix"] : []) + ["--log-level", "debug"], unixSocket: path)
            let address = overUnix ? "http://unix:\(path):" : "http://127.0.0.1:\(server.port)"
            let nginx = try await NginxProcess.start(home: home, server: address)
            func ask(_ client: String) throws -> Int? {
                try status(nginx, "X-Forwarded-For: \(client)", isUpgrade: false)
            }
            let answers = try (0..<12).map { _ in try ask("198.51.100.1") }
            #expect(answers.prefix(5).allSatisfy { $0 == 200 } && answers.contains(429))
            #expect(try ask("198.51.100.2") == 200)
            #expect(try home.read("server.log").contains("[address=198.51.100.1] HTTP: refused with 429: GET /status"))
        }
    }
}
