import Foundation
import Testing

extension EndToEnd {
    /// `chat-tui --plain` in pipes and in a terminal, and `chat-tui export`.
    @Suite struct PlainTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func arguments(_ user: Person, with peer: Person, at url: String) -> [String] {
            ["--plain", "--user", user.id, "--seller", peer.id, "--seller-name", peer.name, "--url", url]
        }

        @Test func linesInAndOut() async throws {
            let server = try await ServerProcess.start(home: home)
            let bob = try CommandRun(arguments(.bob, with: .alice, at: server.url), home: home, input: nil)
            try await bob.wait(for: "the connection") { $0.lines.contains("-- На связи") }
            let alice = try await CommandRun.outcome(
                arguments(.alice, with: .bob, at: server.url), home: home, input: "\u{FEFF}раз\n /два\n/nosuch\n//три")
            #expect(alice.code == 65 && alice.errors == "" && !alice.output.contains("\u{1B}"))
            let sent = alice.lines.filter { $0.contains(" вы: ") }.map { String($0.dropFirst(6)) }
            #expect(sent == ["вы: раз (отправлено)", "вы: /два (отправлено)", "вы: //три (отправлено)"])
            #expect(alice.lines.contains("-- Нет команды /nosuch. Чтобы отправить текстом: пробел перед /"))
            try await bob.wait(for: "three messages") { $0.lines.count { $0.contains(" Алиса: ") } == 3 }
            let stored = try server.get("/messages?userId=alice&otherUserId=bob")
            #expect(stored.contains(#""раз""#), "without the byte order mark")
            bob.closeInput()
            #expect(try await bob.waitForExit().code == 0)
        }

        /// Everything that was not done is reported, and the exit code says so.
        @Test func nothingOfAPipeIsLostWithoutAWord() async throws {
            let server = try await ServerProcess.start(home: home)
            let options = arguments(.alice, with: .bob, at: server.url)
            for (input, lines) in [
                ("раз\n/quit\nдва\n\nтри\n", 2), ("/etc/passwd\n", 0), ("/nosuch\n", 0), ("/search x\n", 0),
            ] {
                let run = try await CommandRun.outcome(options, home: home, input: input)
                #expect(run.code == 65, "\(input): \(run)")
                #expect(run.errors.contains("после /quit остались неотправленные строки: 2") == (lines == 2), "\(run)")
            }
            for input in ["четыре\n/quit\n", "/quit", "/quit\n\n"] {
                let run = try await CommandRun.outcome(options, home: home, input: input)
                #expect(run.code == 0 && run.errors == "", "\(input): \(run)")
            }
            // Nobody closes the pipe.
            let open = try CommandRun(options, home: home, input: nil)
            open.write("пять\n/quit\n")
            #expect(try await open.waitForExit().code == 0)
            let stored = try server.get("/messages?userId=alice&otherUserId=bob")
            for text in ["раз", "четыре", "пять"] { #expect(stored.contains(text)) }
            for text in ["два", "три", "passwd"] { #expect(!stored.contains(text)) }
        }

        /// A refused line is refused as a whole, however long it is: no part of it is sent or obeyed.
        @Test func aLineThatIsTooLongIsRefusedWhole() async throws {
            let server = try await ServerProcess.start(home: home)
            let most = 1 << 20
            let lines = ["TAIL", "/quit", "/block", "ж"].flatMap { end in
                [0, 1, most].map { String(repeating: "x", count: most - 1 + $0) + end }
            }
            let input = lines.map { $0 + "\n" }.joined() + "последняя\n" + lines[0]
            let run = try await CommandRun.outcome(
                arguments(.alice, with: .bob, at: server.url), home: home, input: input)
            #expect(run.code == 65 && run.errors == "", "\(run.errors)")
            #expect(run.lines.filter { $0.contains(" вы: ") }.count == 1)
            #expect(run.lines.count { $0.hasPrefix("-- не отправлено:") } == lines.count + 1)
            let stored = try server.get("/messages?userId=alice&otherUserId=bob")
            #expect(stored.contains("последняя") && !stored.contains("TAIL") && !stored.contains("xx"))
        }

        /// A command at the end of the input is answered before the program ends.
        @Test func blocksFromAPipe() async throws {
            let server = try await ServerProcess.start(home: home)
            let options = arguments(.alice, with: .bob, at: server.url)
            let hello = try await CommandRun.outcome(options, home: home, input: "привет\n")
            #expect(hello.code == 0)
            for (command, isBlocked) in [("/block", true), ("/unblock", false)] {
                let run = try await CommandRun.outcome(options, home: home, input: command)
                #expect(run.code == 0, "\(run)")
                let list = try server.get("/conversations?userId=alice")
                #expect(list.contains(#""blocked":true"#) == isBlocked)
                #expect(run.lines.filter { $0.contains("локировка снята") }.count == (isBlocked ? 0 : 1), "\(run)")
            }
        }

        /// Input from a pipe waits for the server, however late that comes.
        @Test func waitsForTheServer() async throws {
            let server = try await ServerProcess.start(home: home)
            server.kill9()
            let alice = try CommandRun(arguments(.alice, with: .bob, at: server.url), home: home, input: "письмо\n")
            try await alice.wait(for: "the word about it") {
                $0.output.contains("Нет связи (сервер 127.0.0.1:\(server.port) недоступен: порт закрыт;")
            }
            let restarted = try await server.restarted()
            #expect(try await alice.waitForExit().code == 0)
            let stored = try restarted.get("/messages?userId=alice&otherUserId=bob")
            #expect(stored.ranges(of: "письмо").count == 1)
        }

        @Test func inATerminal() async throws {
            let server = try await ServerProcess.start(home: home)
            let program = try Programs.built("chat-tui")
            let alice = try TmuxTerminal([program] + arguments(.alice, with: .bob, at: server.url), home: home)
            try await alice.wait(forText: "-- На связи")
            try alice.type("привет")
            try alice.press("Enter")
            try await alice.wait(forText: "вы: привет (отправлено)")
            server.kill9()
            try await alice.wait(forText: "-- Нет связи")
            try alice.type("без связи")
            try alice.press("Enter")
            try await alice.wait(forText: "Нет связи, не отправлено: «без связи»")
            let restarted = try await server.restarted()
            try await alice.wait(forText: "Ещё не отправлено: «без связи»")
            try alice.type("/resend")
            try alice.press("Enter")
            try await alice.wait(forText: "вы: без связи (отправлено)")
            try alice.press("C-d")
            #expect(try await alice.waitForExit() == 0)
            #expect(try restarted.get("/messages?userId=alice&otherUserId=bob").ranges(of: "без связи").count == 1)
        }

        /// What is being typed stays whole below the lines that arrive.
        @Test func linesArriveAboveWhatIsTyped() async throws {
            let server = try await ServerProcess.start(home: home)
            let program = try Programs.built("chat-tui")
            let alice = try TmuxTerminal(
                [program] + arguments(.alice, with: .bob, at: server.url), home: home, columns: 60)
            let bob = try CommandRun(arguments(.bob, with: .alice, at: server.url), home: home, input: nil)
            try await alice.wait(forText: "-- На связи")
            let long = "Начало длинного ответа, который не помещается в один ряд окна, и ещё"
            try alice.type(long)
            try await alice.wait(forText: "и ещё")
            for number in 1...3 {
                bob.write("вопрос \(number)\n")
                let screen = try await alice.wait(forText: "\(Person.bob.name): вопрос \(number)")
                let question = try #require(screen.row(of: "вопрос \(number)"))
                #expect(screen.rows[question].hasSuffix("\(Person.bob.name): вопрос \(number)"), "\(screen.framed)")
                try await alice.wait(for: "the typed text below") { screen in
                    screen.row(of: "Начало длинного").map { $0 > question } == true && screen.count(of: "Начало") == 1
                }
            }
            try alice.press("C-a", "C-k")
            try await alice.wait(for: "the empty line") { !$0.contains("Начало") }
            try alice.type("Коротко")
            bob.write("четыре\n")
            try await alice.wait(for: "the typed text below") {
                $0.contains(": четыре") && $0.rows.last { $0 != "" } == "Коротко"
            }
            try alice.press("Enter")
            try await alice.wait(forText: "вы: Коротко (отправлено)")
            bob.closeInput()
            try alice.press("C-d")
            #expect(try await alice.waitForExit() == 0)
        }

        /// The terminal has its modes again, and what was typed does not stand in front of the next prompt.
        @Test(arguments: [nil, SIGTERM]) func theTerminalIsGivenBack(signal: Int32?) async throws {
            let server = try await ServerProcess.start(home: home)
            let command = ([try Programs.built("chat-tui")] + arguments(.alice, with: .bob, at: server.url))
                .map { "'\($0)'" }.joined(separator: " ")
            let script = "stty -a > before; \(command); stty -a > after; echo over; read line; echo \"<$line>\""
            let window = try TmuxTerminal(["/bin/sh", "-c", "cd '\(home.path)'; \(script)"], home: home)
            try await window.wait(forText: "-- На связи")
            if let signal {
                try window.type("полу")
                try await window.wait(forText: "полу")
                for process in ProcessTable.ids(of: "chat-tui", with: home.path) { kill(process, signal) }
            } else {
                try window.press("C-d")
            }
            try await window.wait(for: "the end") { $0.rows.contains("over") }
            #expect(try home.read("before") == home.read("after"))
            try window.type("слово")
            try window.press("Enter")
            try await window.wait(forText: "<слово>")
        }

        @Test func endings() async throws {
            try home.write(UUID().uuidString + UUID().uuidString + "\n", to: "secret")
            let server = try await ServerProcess.start(
                home: home, options: ["--auth", "jwt", "--jwt-secret-file", home.file("secret")])
            let refused = try CommandRun(
                arguments(.alice, with: .bob, at: server.url) + ["--token", "a.b.c"], home: home, input: nil)
            let outcome = try await refused.waitForExit()
            #expect(outcome.code == 77 && outcome.output.contains("Не подключено: это не токен (JWT)"))

            server.kill9()
            let open = try await ServerProcess.start(home: home, options: ["--max-message-length", "5"])
            let tooLong = try await CommandRun.outcome(
                arguments(.alice, with: .bob, at: open.url), home: home, input: "шестьдесят\nда\n")
            #expect(tooLong.code == 65 && tooLong.output.contains("вы: да (отправлено)"))
            let run = try CommandRun(arguments(.alice, with: .bob, at: open.url), home: home, input: nil)
            try await run.wait(for: "the connection") { $0.lines.contains("-- На связи") }
            run.send(SIGINT)
            #expect(try await run.waitForExit().code == 130)
        }

        /// The exit code tells whoever ended it that not everything was sent.
        @Test(arguments: [(SIGTERM, 143), (SIGHUP, 129), (SIGINT, 130)] as [(Int32, Int)])
        func aSignalWhileLinesWaitIsNoGoodEnd(signal: Int32, code: Int) async throws {
            let command = arguments(.alice, with: .bob, at: "ws://127.0.0.1:\(try LoopbackSocket.freePort())")
            let run = try CommandRun(command, home: home, input: "раз\nдва\n")
            try await run.wait(for: "no connection") { $0.output.contains("Нет связи") }
            run.send(signal)
            let end = try await run.waitForExit()
            #expect(end.code == code && end.errors.contains("остались неотправленные строки"))
            // A program with nothing left to send may be ended.
            let idle = try CommandRun(command, home: home, input: nil)
            try await idle.wait(for: "no connection") { $0.output.contains("Нет связи") }
            idle.send(signal)
            #expect(try await idle.waitForExit().code == (signal == SIGINT ? 130 : 0))
        }

        @Test func exportSaysOfWhichServer() async throws {
            let options = ["export", "--user", "alice", "--with", "bob"]
            let own = try await CommandRun.outcome(options, home: home)
            #expect(own.code == 66 && own.errors.contains("локального сервера") && own.errors.contains("--url"))
            let other = try await CommandRun.outcome(options + ["--url", "wss://chat.example/x"], home: home)
            #expect(other.code == 66 && other.errors.contains("chat.example/x"))
        }

        /// More than one page, in order and each message once, while a window is open.
        @Test func exportsAll() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--message-rate", "0"])
            let nothing = try await CommandRun.outcome(
                ["export", "--user", "alice", "--with", "bob", "--url", server.url], home: home)
            #expect(nothing.code == 66 && nothing.output == "" && nothing.errors.contains("нет беседы"))
            #expect(!FileManager.default.fileExists(atPath: home.file("data/chat-tui")))

            let texts = (0..<1100).map { "№\($0)" }
            let input = texts.joined(separator: "\n")
            let window = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let sent = try CommandRun(arguments(.alice, with: .bob, at: server.url), home: home, input: input)
            #expect(try await sent.waitForExit(within: .seconds(60)).code == 0)
            try await window.wait(forText: "№1099")
            let options = ["export", "--user", "alice", "--with", "bob", "--url", server.url]
            // The window asks whether anything is before the first message.
            let json = try await CommandRun.outcomeWithoutErrors(options + ["--json"], home: home)
            #expect(json.code == 0 && json.errors == "")
            #expect(try json.lines.map { try JSONLine($0).text } == texts)
            let text = try await CommandRun.outcome(options, home: home)
            #expect(text.lines.map { $0.split(separator: " ").last.map(String.init) } == texts)
        }

        @Test func withoutATerminalItSaysWhatElseThereIs() async throws {
            let outcome = try await CommandRun.outcome(["--user", "alice", "--seller", "bob"], home: home)
            #expect(outcome.code == 64 && outcome.output == "")
            for word in ["send", "tail", "--plain"] { #expect(outcome.errors.contains(word)) }
            #expect(outcome.errors.count(where: { $0 == "\n" }) == 1)
        }
    }
}
