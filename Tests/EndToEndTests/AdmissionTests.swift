import Foundation
import Testing

extension EndToEnd {
    /// Whom the real server admits, and what it logs about them.
    @Suite struct AdmissionTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        /// The status of the answer to an upgrade request.
        private func status(_ server: ServerProcess, _ headers: String...) throws -> Int? {
            let socket = try LoopbackSocket.connected(to: server.port)
            let lines = [
                "GET / HTTP/1.1", "Host: 127.0.0.1", "Connection: Upgrade", "Upgrade: websocket",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ]
            socket.write(Array(((lines + headers).joined(separator: "\r\n") + "\r\n\r\n").utf8))
            let answer = String(decoding: socket.read() ?? [], as: UTF8.self)
            return answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }

        @Test func noForeignWebPageIsLetIn() async throws {
            let server = try await ServerProcess.start(home: home)
            #expect(try status(server) == 101)
            #expect(try status(server, "Origin: http://localhost:3000") == 101)
            for origin in ["https://shop.example", "https://localhost.example", "null"] {
                #expect(try status(server, "Origin: \(origin)") == 403)
            }
            #expect(try status(server, "Origin: http://localhost", "Origin: http://evil.example") == 403)
            #expect(try status(server, "Origin: http://localhost", "Origin: http://localhost") == 403)
            #expect(try status(server, "X-Forwarded-For: 198.51.100.1") == 403)
            #expect(
                try server.get("/metrics").contains(#"chat_server_connections_refused_total{reason="forbidden"} 6"#))
        }

        @Test func anAllowedWebPageIsLetIn() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--allow-origin", "https://shop.example"])
            #expect(try status(server, "Origin: https://shop.example") == 101)
            #expect(try status(server, "Origin: https://evil.example") == 403)
        }

        /// The limit does not apply to this machine, but to an address that a proxy names.
        @Test func anAddressMayAskSoMuch() async throws {
            let server = try await ServerProcess.start(
                home: home,
                options: ["--trusted-proxy", "127.0.0.1", "--insecure-allow-remote", "--address-requests", "5"])
            func ask(_ address: String?) throws -> String {
                let socket = try LoopbackSocket.connected(to: server.port)
                let header = address.map { "X-Forwarded-For: \($0)\r\n" } ?? ""
                socket.write(Array("GET /status HTTP/1.1\r\nHost: x\r\n\(header)Connection: close\r\n\r\n".utf8))
                return String(decoding: socket.read() ?? [], as: UTF8.self)
            }
            let answers = try (0..<12).map { _ in try ask("198.51.100.1") }
            #expect(answers.prefix(5).allSatisfy { $0.hasPrefix("HTTP/1.1 200") })
            let refused = try #require(answers.first { $0.hasPrefix("HTTP/1.1 429") })
            // A tenth of five per second is one every two seconds.
            #expect(refused.lowercased().contains("retry-after: 2\r\n") && refused.contains(#""rate_limited""#))
            #expect(try ask("198.51.100.2").hasPrefix("HTTP/1.1 200"))
            for _ in 0..<12 { #expect(try ask(nil).hasPrefix("HTTP/1.1 200")) }
            let page = try server.get("/metrics")
            #expect(!page.contains(#"chat_server_limits_hit_total{limit="address_requests"} 0"#))
        }

        /// The upgrades and connections of an address that a proxy names.
        @Test func anAddressMayConnectSoOften() async throws {
            let server = try await ServerProcess.start(
                home: home,
                options: ["--trusted-proxy", "127.0.0.1", "--insecure-allow-remote", "--address-connections", "2"])
            func connected(_ address: String) throws -> RawClient {
                try RawClient(port: server.port, user: nil, headers: ["X-Forwarded-For: \(address)"])
            }
            var open = [try connected("198.51.100.1"), try connected("198.51.100.1")]
            #expect(try status(server, "X-Forwarded-For: 198.51.100.1") == 429)
            #expect(try status(server, "X-Forwarded-For: 198.51.100.2") == 101)
            open.removeLast()
            try await wait(for: "the place of the one who left") {
                try status(server, "X-Forwarded-For: 198.51.100.1") == 101 ? true : nil
            }
            #expect(try server.get("/metrics").contains(#"limits_hit_total{limit="address_connections"}"#))
            withExtendedLifetime(open) {}
        }

        @Test func aUserMayDoSoMuch() async throws {
            let server = try await ServerProcess.start(
                home: home,
                options: [
                    "--user-connections", "1", "--message-burst", "2", "--byte-burst", "1000", "--byte-rate", "1",
                ])
            let alice = try RawClient(port: server.port, user: "alice")
            let second = try RawClient(port: server.port, user: nil)
            second.send(#"{"type":"auth","userId":"alice"}"#)
            #expect(try second.nextText().contains("rate_limited"))
            #expect(second.next() == .close(code: 4029))
            for answer in ["message_sent", "message_sent", "rate_limited"] {
                alice.send("x", from: "alice", to: "bob")
                #expect(try alice.nextText().contains(answer))
            }
            let bob = try RawClient(port: server.port, user: "bob")
            bob.send(String(repeating: "я", count: 500), from: "bob", to: "alice")
            #expect(try bob.nextText().contains("rate_limited"))
            let page = try server.get("/metrics")
            for limit in ["user_connections", "messages", "bytes"] {
                #expect(page.contains(#"chat_server_limits_hit_total{limit="\#(limit)"} 1"#))
            }
        }

        @Test func whatAConnectionMayCostCanBeSet() async throws {
            let server = try await ServerProcess.start(
                home: home,
                options: [
                    "--auth-time", "1", "--frame-bytes", "41000", "--message-bytes", "40", "--queue-bytes", "262144",
                ])
            let nobody = try RawClient(port: server.port, user: nil)
            let start = ContinuousClock.now
            #expect(try nobody.nextText().contains("not_authorized"))
            #expect(nobody.next() == .close(code: 4008))
            #expect(ContinuousClock.now - start < .seconds(5))

            let alice = try RawClient(port: server.port, user: nil)
            alice.send(#"{"type":"auth","userId":"alice","protocol":2}"#)
            let limits = try JSONLine(try alice.nextText())["limits"] as? [String: Int]
            #expect(limits == ["messageLength": 40, "messageBytes": 40])
            for (text, answer) in [
                (String(repeating: "я", count: 20), "message_sent"), ("яяяяяяяяяяяяяяяяяяяяя", "message_too_long"),
            ] {
                alice.send(text, from: "alice", to: "bob")
                #expect(try alice.nextText().contains(answer))
            }
            alice.send(String(repeating: "x", count: 41_000))
            #expect(try alice.nextText().contains("invalid_event"))
            alice.send(String(repeating: "x", count: 41_001))
            #expect(alice.next() == .close(code: 1009))
            for limit in ["auth_time", "message_length", "frame_bytes"] {
                try await wait(for: "\(limit) to be counted", state: { try server.get("/metrics") }) {
                    let sample = #"chat_server_limits_hit_total{limit="\#(limit)"} 1"#
                    return try server.get("/metrics").contains(sample) ? true : nil
                }
            }
        }

        /// The client counts with the server's limits.
        @Test func theClientFollowsTheServersLimits() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--message-bytes", "40"])
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await alice.wait(forText: "0/40")
            try alice.type(String(repeating: "я", count: 21))
            try await alice.wait(forText: "больше 40 Б")
        }

        @Test func theLogCanBeJSON() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--log-format", "json"])
            for user in ["alice", "bob"] {
                let client = try RawClient(port: server.port, user: user)
                client.send("слова", from: user, to: "carl")
                #expect(try client.nextText().contains("message_sent"))
            }
            #expect(try await server.terminate() == 0)
            let log = try home.read("server.log")
            let lines = try log.split(separator: "\n").map { try JSONLine(String($0)) }
            for line in lines { for key in ["time", "level", "message"] { #expect(line[key] is String) } }
            for (number, user) in [("1", "alice"), ("2", "bob")] {
                let messages = lines.filter { $0["connection"] as? String == number }
                    .compactMap { $0["message"] as? String }
                #expect(messages.contains { $0.hasSuffix("Пользователь авторизован: \(user)") })
                #expect(messages.contains { $0.contains("Сообщение сохранено") })
            }
            #expect(!log.contains("слова"))
        }
    }
}
