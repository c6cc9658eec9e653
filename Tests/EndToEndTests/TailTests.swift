import Foundation
import Testing

extension EndToEnd {
    /// `chat-tui tail` in pipes and scripts.
    @Suite struct TailTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func tail(_ user: String = "bob", at url: String, _ options: String...) throws -> CommandRun {
            try CommandRun(["tail", "--user", user, "--url", url] + options, home: home)
        }

        /// Returns only after the server has the message.
        private func send(_ text: String, from sender: String = "alice", to receiver: String = "bob", at url: String)
            async throws
        {
            let outcome = try await CommandRun.outcome(
                ["send", "--user", sender, "--to", receiver, "--url", url, text], home: home)
            try #require(outcome.code == 0, "\(outcome)")
        }

        /// Waits until so many clients are connected.
        private func connected(_ count: Int, to server: ServerProcess) async throws {
            try await wait(for: "\(count) connections") {
                try server.get("/status").contains(#""connections":\#(count)"#) ? true : nil
            }
        }

        @Test func asTheyComeAndOwnOnesToo() async throws {
            let server = try await ServerProcess.start(home: home)
            try await send("до", at: server.url)
            let tail = try tail(at: server.url)
            try await connected(1, to: server)
            try await Task.sleep(for: .milliseconds(300))  // until it is authenticated
            try await send("раз\nи два \u{1B}[2J", at: server.url)
            try await send("ответ", from: "bob", to: "alice", at: server.url)
            try await tail.wait(for: "two lines") { $0.lines.count == 2 }
            #expect(tail.lines[0].contains(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d alice: раз ⏎ и два ␛\[2J$/))
            #expect(tail.lines[1].hasSuffix(" вы → alice: ответ"))
            tail.send(SIGINT)
            let outcome = try await tail.waitForExit()
            #expect(outcome.code == 0 && outcome.errors == "")
        }

        @Test func nameOfTheSettings() async throws {
            let server = try await ServerProcess.start(home: home)
            try await send("x", at: server.url)
            try home.write("name = \"Боб\"\n", to: "chat.toml")
            let tail = try tail(at: server.url, "--config", home.file("chat.toml"))
            try await wait(for: "the name") {
                try server.get("/conversations?userId=alice").contains("\"name\":\"Боб\"") ? true : nil
            }
            tail.send(SIGTERM)
            #expect(try await tail.waitForExit().code == 0)
        }

        @Test func fromACursorOn() async throws {
            let server = try await ServerProcess.start(home: home)
            for text in ["раз", "два", "три"] { try await send(text, at: server.url) }
            try await send("от другого", from: "carol", at: server.url)
            let all = try tail(at: server.url, "--json", "--since", "0")
            try await all.wait(for: "four lines") { $0.lines.count == 4 }
            let records = try all.lines.map(JSONLine.init)
            #expect(records.map(\.text) == ["раз", "два", "три", "от другого"])
            #expect(records.map(\.cursor) == [1, 2, 3, 4])
            let rest = try tail(at: server.url, "--json", "--since", "2", "--with", "alice")
            try await rest.wait(for: "a line") { !$0.lines.isEmpty }
            #expect(try rest.lines.map { try JSONLine($0).text } == ["три"])
            let ahead = try tail(at: server.url, "--since", "100", "--lang", "en")
            try await ahead.wait(for: "a word about it") { $0.errors.contains("has no such cursor") }
            for run in [all, rest, ahead] { run.send(SIGTERM) }
            for run in [all, rest, ahead] { #expect(try await run.waitForExit().code == 0) }
        }

        /// No message is lost or comes twice, although the server dies in between.
        @Test func throughARestart() async throws {
            var server = try await ServerProcess.start(home: home)
            let tail = try tail(at: server.url, "--json", "--since", "0")
            for number in 0..<4 {
                for part in 0..<3 { try await send("\(number).\(part)", at: server.url) }
                server.kill9()
                server = try await server.restarted()
                try await send("\(number).3", at: server.url)
            }
            try await tail.wait(for: "all of them", within: .seconds(30)) { $0.lines.count >= 16 }
            let records = try tail.lines.map(JSONLine.init)
            #expect(records.map(\.cursor) == Array(1...16))
            #expect(records.map(\.text) == (0..<16).map { "\($0 / 4).\($0 % 4)" })
            #expect(tail.errors.contains("нет связи") && tail.errors.contains("снова на связи"))
        }

        /// The sender sees a second tick only after everything up to the message was printed.
        @Test func saysDeliveredOnlyOfWhatWasPrinted() async throws {
            let server = try await ServerProcess.start(home: home)
            try await send("до", at: server.url)
            let part = try tail(at: server.url)
            try await connected(1, to: server)
            try await Task.sleep(for: .milliseconds(300))
            try await send("после", at: server.url)
            try await part.wait(for: "a line") { $0.lines.count == 1 }
            let marks = { try server.get("/messages?userId=alice&otherUserId=bob") }
            try await Task.sleep(for: .milliseconds(500))
            #expect(try !marks().contains(#""delivered":""#))
            let all = try tail(at: server.url, "--since", "0")
            try await all.wait(for: "two lines") { $0.lines.count == 2 }
            try await wait(for: "the mark", state: marks) { try marks().contains(#""delivered":""#) ? true : nil }
        }

        @Test func ofAServerOfTheFirstProtocol() async throws {
            let url = try await OldServer().start()
            let tail = try tail(at: url, "--json", "--since", "0")
            try await tail.wait(for: "a word about --since") { $0.errors.contains("--since") }
            try await send("раз", at: url)
            try await tail.wait(for: "a line") { $0.lines.count == 1 }
            #expect(try JSONLine(tail.lines[0]).text == "раз")
        }

        /// `tail | head -1` ends with its reader, without an error, even if no more messages come.
        @Test func endsWithItsReader() async throws {
            let server = try await ServerProcess.start(home: home)
            try await send("раз", at: server.url)
            let pipe = try OutputPipe()
            let errors = try home.appending(to: "tail.err")
            let process = try ChildProcess(
                [Programs.built("chat-tui"), "tail", "--user", "bob", "--url", server.url, "--since", "0"],
                environment: home.environment, output: pipe.writeEnd, errors: errors.fileDescriptor)
            pipe.closeWriteEnd()
            try await wait(for: "a line") { pipe.readAvailable()?.isEmpty == false ? true : nil }
            #expect(process.exitCode == nil)
            pipe.closeReadEnd()
            let code = try await wait(for: "its end") { process.exitCode }
            #expect(code == 0)
            #expect(try home.read("tail.err") == "")
        }

        @Test func refused() async throws {
            try home.write(UUID().uuidString + UUID().uuidString + "\n", to: "secret")
            let server = try await ServerProcess.start(
                home: home, options: ["--auth", "jwt", "--jwt-secret-file", home.file("secret")])
            let outcome = try await tail(at: server.url, "--token", "a.b.c").waitForExit()
            #expect(outcome.code == 77 && outcome.errors.hasSuffix("chat-tui: это не токен (JWT): проверьте --token\n"))
            let without = try await tail(at: server.url).waitForExit()
            #expect(without.code == 77 && without.errors.hasSuffix("требует токен: --token-file ФАЙЛ\n"))
            #expect(try await tail(at: server.url, "--since", "-1").waitForExit().code == 64)
        }
    }
}
