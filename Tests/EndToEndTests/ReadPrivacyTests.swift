import Foundation
import Testing

extension EndToEnd {
    /// `[tell]` of the settings file holds in every program that a user connects with.
    @Suite struct ReadPrivacyTests {
        let home: Home
        private static let secretive = "[tell]\nread = false\ntyping = false\n"

        init() throws {
            home = try Home()
            try home.write(Self.secretive, to: "chat.toml")
        }

        /// The peer, who reads whatever the server sends.
        private struct Peer {
            let client: RawClient

            init(_ server: ServerProcess) throws {
                client = try RawClient(port: server.port, user: nil)
                client.send(#"{"type":"auth","userId":"bob","protocol":2}"#)
                _ = try events(until: "auth_success")
            }

            func write(_ text: String) { client.send(text, from: "bob", to: "alice") }

            /// The types of all events up to the one that has the text.
            func events(until text: String) throws -> [String] {
                var types: [String] = []
                while true {
                    let event = try client.nextText()
                    types.append(try JSONLine(event)["type"] as? String ?? "")
                    if event.contains(text) { return types }
                }
            }
        }

        private func command(_ server: ServerProcess, _ options: String..., isSecretive: Bool = true) throws -> [String]
        {
            let settings = isSecretive ? ["--config", home.file("chat.toml")] : []
            return [try Programs.built("chat-tui"), "--user", "alice", "--url", server.url] + settings + options
        }

        private func lines(_ server: ServerProcess, isSecretive: Bool = true) async throws -> TmuxTerminal {
            let options = try command(server, "--plain", "--seller", "bob", isSecretive: isSecretive)
            let terminal = try TmuxTerminal(options, home: home)
            try await terminal.wait(forText: "-- На связи")
            return terminal
        }

        private func enter(_ line: String, in terminal: TmuxTerminal) throws {
            try terminal.type(line)
            try terminal.press("Enter")
        }

        @Test func noProgramTellsWhatWasRead() async throws {
            let server = try await ServerProcess.start(home: home)
            let bob = try Peer(server)

            // The screen keeps on disk what was read.
            bob.write("на экран")
            let screen = try TmuxTerminal(command(server, "--seller", "bob"), home: home)
            try await screen.wait(forText: "на экран")
            try await screen.waitUntilConnected()
            try await screen.send("с экрана")
            var seen = try bob.events(until: "с экрана")
            try screen.press("C-d")
            #expect(try await screen.waitForExit() == 0)

            // The lines find there what the screen has kept.
            let plain = try await lines(server)
            try await plain.wait(forText: "на экран")
            bob.write("в строки")
            try await plain.wait(forText: "в строки")
            try enter("из строк", in: plain)
            seen += try bob.events(until: "из строк")
            bob.write("последнее")
            try await plain.wait(forText: "последнее")
            try enter("/quit", in: plain)
            #expect(try await plain.waitForExit() == 0)

            let sent = try await CommandRun.outcome(
                [
                    "send", "--user", "alice", "--url", server.url, "--config", home.file("chat.toml"), "--to", "bob",
                    "одно",
                ],
                home: home)
            #expect(sent.code == 0, "\(sent)")
            seen += try bob.events(until: "одно")
            #expect(!seen.contains("read") && !seen.contains("typing"), "\(seen)")

            // To the user it is read all the same.
            let list = try TmuxTerminal(command(server), home: home)
            try await list.wait(forText: "▸ 1 bob")
            #expect(try !list.capture().contains("bob ("))
        }

        /// The same peer is told by a user who has not forbidden it.
        @Test func theLinesTellWhatWasReadOtherwise() async throws {
            let server = try await ServerProcess.start(home: home)
            let bob = try Peer(server)
            let plain = try await lines(server, isSecretive: false)
            bob.write("в строки")
            try await plain.wait(forText: "в строки")
            try enter("из строк", in: plain)
            #expect(try bob.events(until: "из строк").contains("read"))
        }
    }
}
