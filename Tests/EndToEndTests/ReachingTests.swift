import Foundation
import Testing

extension EndToEnd {
    /// Obstacles between a client and its server.
    @Suite struct ReachingTests {
        let home: Home

        init() throws {
            home = try Home()
            try home.write(TestCertificates.authority, to: "authority.pem")
            try home.write(TestCertificates.other, to: "server.pem")
            try home.write(TestCertificates.key, to: "key.pem")
        }

        /// A client of a server that only the proxy can resolve.
        private func chat(_ url: String, _ options: [String], _ variables: [String]) throws -> TmuxTerminal {
            let command = try TmuxTerminal.command(.alice, with: .bob, url: url) + options
            return try TmuxTerminal([Programs.installed("env")] + variables + command, home: home)
        }

        /// Another program has the port.
        @Test(arguments: [
            "SSH-2.0-OpenSSH_9.9\r\n", "\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}",
            "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
        ])
        func saysThatItIsNoChatServer(_ answer: String) async throws {
            let socket = try LoopbackSocket.listening()
            defer { socket.stop() }
            let thread = Thread {
                while let client = socket.accept() {
                    client.write(Array(answer.utf8))
                    _ = client.read()
                    _ = client.read(within: 1000)  // otherwise a reset could lose the answer
                }
            }
            thread.start()
            for (scheme, words) in [
                ("ws", "отвечает не чат-сервер: проверьте --url"), ("wss", "нет шифрования: проверьте порт"),
            ] {
                let url = "\(scheme)://127.0.0.1:\(try socket.port())"
                let outcome = try await CommandRun.outcome(
                    ["send", "--user", "a", "--to", "b", "--url", url, "--timeout", "3", "x"], home: home)
                #expect(outcome.code == 69 && outcome.errors.contains(words), "\(outcome.errors)")
            }
        }

        @Test func goesThroughAProxy() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--insecure-allow-remote"])
            let proxy = try FaultyProxy(to: server.port, isHTTPProxy: true)
            let alice = try chat("ws://other.example", [], ["HTTP_PROXY=http://127.0.0.1:\(proxy.port)"])
            try await alice.waitUntilConnected()
            try await alice.send("Через прокси")
            try await alice.wait(forText: "✓")
            #expect(Set(proxy.requests) == ["CONNECT other.example:80 HTTP/1.1"])

            let excepted = try chat(
                "ws://other.example", [], ["HTTP_PROXY=http://127.0.0.1:\(proxy.port)", "NO_PROXY=.example"])
            try await excepted.wait(forText: "ервер other.example:80 недоступен", within: .seconds(20))
        }

        @Test func goesThroughAProxyEncrypted() async throws {
            let server = try await ServerProcess.start(
                home: home,
                options: [
                    "--insecure-allow-remote", "--tls-cert", home.file("server.pem"), "--tls-key", home.file("key.pem"),
                ])
            let proxy = try FaultyProxy(to: server.port, isHTTPProxy: true)
            let alice = try chat(
                "wss://other.example", ["--ca-file", home.file("authority.pem")],
                ["HTTPS_PROXY=http://127.0.0.1:\(proxy.port)"])
            try await alice.waitUntilConnected()
            #expect(Set(proxy.requests) == ["CONNECT other.example:443 HTTP/1.1"])
        }

        /// No message is lost by the proxy's time limit, its restart, or an absent server.
        @Test func worksBehindNginx() async throws {
            let server = try await ServerProcess.start(
                home: home, options: ["--trusted-proxy", "127.0.0.0/8", "--heartbeat-seconds", "1"])
            var nginx = try await NginxProcess.start(home: home, server: server.port)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: nginx.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: nginx.url, home: home)
            func connections() throws -> Int {
                try home.read("server.log").ranges(of: "Новое соединение установлено").count
            }

            try await Task.sleep(for: .seconds(5))  // longer than nginx waits for anything to read
            #expect(try connections() == 2)
            try await alice.send("После тишины")

            nginx = try await nginx.restarted()
            try await alice.waitUntilConnected()
            try await bob.waitUntilConnected()
            try await alice.send("После перезапуска прокси")

            server.kill9()
            try await alice.wait(forText: "HTTP 502", within: .seconds(10))
            try alice.type("После сбоя сервера")
            let restarted = try await server.restarted()
            try await alice.waitUntilConnected(within: .seconds(15))
            try await bob.waitUntilConnected(within: .seconds(15))
            try alice.press("Enter")

            let texts = ["После тишины", "После перезапуска прокси", "После сбоя сервера"]
            for window in [alice, bob] {
                try await window.wait(for: "each text once, in order") { $0.order(of: texts) == texts }
            }
            let stored = try restarted.get("/messages?userId=alice&otherUserId=bob")
            for text in texts { #expect(stored.ranges(of: text).count == 1) }
        }

        /// Without pings in time, nginx closes the connection, and the client reconnects by itself.
        @Test func comesBackWhenNginxLosesPatience() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--trusted-proxy", "127.0.0.1"])
            let nginx = try await NginxProcess.start(home: home, server: server.port)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: nginx.url, home: home)
            try await wait(for: "a second connection", state: { try home.read("server.log") }) {
                try home.read("server.log").ranges(of: "Пользователь авторизован: alice").count > 1 ? true : nil
            }
            try await alice.waitUntilConnected()
        }

        /// A client behind an untrusted proxy is unknown, so nobody is admitted.
        @Test func admitsNobodyBehindAStrangersProxy() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--trusted-proxy", "192.0.2.0/24"])
            let nginx = try await NginxProcess.start(home: home, server: server.port)
            let alice = try TmuxTerminal(TmuxTerminal.command(.alice, with: .bob, url: nginx.url), home: home)
            try await alice.wait(forText: "отказал в доступе")
        }
    }
}
