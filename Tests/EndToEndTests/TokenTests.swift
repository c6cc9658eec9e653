import Foundation
import Testing

extension EndToEnd {
    /// A server that requires tokens, and programs that have them in files.
    @Suite struct TokenTests {
        let home: Home

        init() throws {
            home = try Home()
            try home.write(UUID().uuidString + UUID().uuidString + "\n", to: "secret")
        }

        private func server() async throws -> ServerProcess {
            try await ServerProcess.start(
                home: home, options: ["--auth", "jwt", "--jwt-secret-file", home.file("secret")])
        }

        /// Puts a token into a file named after its user.
        private func makeToken(of user: String, in file: String, lifetime: String = "1h", secret: String = "secret")
            throws
        {
            let token = try Programs.run(
                [
                    Programs.built("chat-server"), "token", "--user", user, "--ttl", lifetime, "--jwt-secret-file",
                    home.file(secret),
                ], environment: home.environment)
            try home.write(token, to: file)
        }

        private func chat(_ user: Person, with peer: Person, at url: String) throws -> TmuxTerminal {
            let command = try TmuxTerminal.command(user, with: peer, url: url)
            return try TmuxTerminal(command + ["--token-file", home.file(user.id)], home: home)
        }

        @Test func whoeverHasATokenIsLetIn() async throws {
            let server = try await server()
            for user in ["alice", "bob"] { try makeToken(of: user, in: user) }
            let alice = try chat(.alice, with: .bob, at: server.url)
            let bob = try chat(.bob, with: .alice, at: server.url)
            try await alice.waitUntilConnected()
            try await bob.waitUntilConnected()
            try await alice.send("Это я")
            try await bob.wait(forText: "Это я")
            for log in ["server.log", "state/chat-tui/chat-tui.log"] {
                #expect(try !home.read(log).contains(home.read("alice").dropLast()))
            }
        }

        /// Older clients send theirs with the upgrade request. Two tokens count as none.
        @Test func aTokenMayComeWithTheUpgradeRequest() async throws {
            let server = try await server()
            try makeToken(of: "alice", in: "alice")
            let header = "Authorization: Bearer \(try home.read("alice").trimmingCharacters(in: .newlines))"
            for (headers, answer) in [
                ([header], "auth_success"), ([], "not_authorized"), ([header, header], "not_authorized"),
                ([header + " x"], "not_authorized"), ([header.replacing("Bearer", with: "Basic")], "not_authorized"),
            ] {
                let client = try RawClient(port: server.port, user: nil, headers: headers)
                client.send(#"{"type":"auth","userId":"alice"}"#)
                #expect(try client.nextText().contains(answer), "\(headers.count)")
                if answer != "auth_success" { #expect(client.next() == .close(code: 4500)) }
            }
        }

        @Test func anotherUsersTokenIsRefused() async throws {
            let server = try await server()
            try makeToken(of: "bob", in: "alice")
            let alice = try chat(.alice, with: .bob, at: server.url)
            try await alice.wait(forText: "то токен другого пользователя, bob")
            #expect(try server.get("/status").contains(#""connections":0"#))
        }

        /// When a good token replaces it, nobody need tell the program.
        @Test func aBadTokenIsRefusedUntilAnotherIsThere() async throws {
            let server = try await server()
            try home.write("a.b.c", to: "alice")
            let alice = try chat(.alice, with: .bob, at: server.url)
            try await alice.wait(forText: "не токен (JWT)")
            try home.write(UUID().uuidString + UUID().uuidString, to: "other")
            try makeToken(of: "alice", in: "alice", secret: "other")
            try await alice.wait(forText: "не выдавал этот токен", within: .seconds(5))
            // {"sub":"alice","exp":1}
            try home.write("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MX0.c2ln", to: "alice")
            try await alice.wait(forText: "рок токена истёк", within: .seconds(5))
            try makeToken(of: "alice", in: "alice")
            try await alice.wait(for: "the connection", within: .seconds(5)) { $0.isConnected }
        }

        /// The secret is changed while people talk. Connected users stay, and old tokens count until the old secret is
        /// removed. That also works if SIGHUP was ignored at the start, as by `nohup`.
        @Test(arguments: [[], ["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]])
        func secretsAndTheLogsLevelAreReadAnew(starter: [String]) async throws {
            try home.write(home.read("secret"), to: "old")
            try home.write("info", to: "level")
            let server = try await ServerProcess.start(
                home: home,
                options: ["--auth", "jwt", "--jwt-secret-file", home.file("secret"), "--jwt-secret-file"]
                    + [home.file("old"), "--log-level-file", home.file("level")], through: starter)
            try makeToken(of: "alice", in: "alice")
            let alice = try chat(.alice, with: .bob, at: server.url)
            try await alice.waitUntilConnected()

            try home.write(UUID().uuidString + UUID().uuidString, to: "secret")
            try home.write("debug", to: "level")
            try await reload("with the 2 secrets")
            try makeToken(of: "bob", in: "bob")
            for user in ["alice", "bob"] { #expect(try answer(server, user).contains("auth_success")) }

            try home.write(home.read("secret"), to: "old")
            try await reload("The log's level is now debug")
            #expect(try answer(server, "alice").contains("not_authorized"))
            #expect(try answer(server, "bob").contains("auth_success"))
            try home.write("short", to: "old")
            try await reload("The previous secrets stay in use")
            #expect(try answer(server, "bob").contains("auth_success"))
            try await alice.send("Я всё ещё здесь")
            try await alice.wait(forText: "✓")
        }

        private func reload(_ sentence: String) async throws {
            let before = try home.read("server.log").count
            kill(try #require(ProcessTable.ids(of: "chat-server", with: home.path).first), SIGHUP)
            try await wait(for: "‘\(sentence)’ in the log", state: { try home.read("server.log") }) {
                let log = try home.read("server.log").dropFirst(before)
                return log.contains(sentence) && log.contains("SIGHUP: the reload is complete") ? true : nil
            }
        }

        /// The first answer to a client with this user's token.
        private func answer(_ server: ServerProcess, _ user: String) throws -> String {
            let token = try home.read(user).trimmingCharacters(in: .newlines)
            let client = try RawClient(port: server.port, user: nil, headers: ["Authorization: Bearer \(token)"])
            client.send(#"{"type":"auth","userId":"\#(user)"}"#)
            return try client.nextText()
        }

        /// The file gets a new token while the old one is still valid, and the connection stays.
        @Test func aNewTokenIsTakenFromTheFile() async throws {
            let server = try await server()
            try makeToken(of: "alice", in: "alice", lifetime: "3s")
            let alice = try chat(.alice, with: .bob, at: server.url)
            try await alice.waitUntilConnected()
            try makeToken(of: "alice", in: "alice")
            try await Task.sleep(for: .seconds(32))
            try await alice.send("Связь не рвалась")
            try await alice.wait(forText: "✓")
            let log = try home.read("server.log")
            #expect(log.ranges(of: "Новое соединение установлено").count == 1 && !log.contains("4004"))
        }
    }
}
