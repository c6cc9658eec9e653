import Foundation
import Testing

extension EndToEnd {
    /// What answers at an address that is not a chat server, and what the user is told: the address, the cause and what
    /// to try.
    @Suite struct ObstacleTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        /// Accepts connections and answers each of them.
        private final class Listener {
            let port: Int
            private let socket: LoopbackSocket

            /// - Parameter answer: Empty to close each connection at once; nil to keep it open and say nothing.
            init(_ answer: String?) throws {
                let socket = try LoopbackSocket.listening()
                self.socket = socket
                port = try socket.port()
                let thread = Thread {
                    var clients: [LoopbackSocket] = []
                    while let client = socket.accept() {
                        if let answer, !answer.isEmpty {
                            client.write(Array(answer.utf8))
                            _ = client.read()
                            _ = client.read(within: 1000)  // otherwise a reset could lose the answer
                        }
                        if answer == nil { clients.append(client) }
                    }
                }
                thread.start()
            }

            deinit { socket.stop() }
        }

        private func send(
            _ url: String, language: String, timeout: Int = 3, variables: [String: String] = [:]
        ) async throws -> CommandRun.Outcome {
            try await CommandRun(
                [
                    "send", "--user", "alice", "--to", "bob", "--url", url, "--lang", language, "--timeout",
                    "\(timeout)",
                    "x",
                ], home: home, variables: variables
            ).waitForExit(within: .seconds(timeout + 20))
        }

        private static func page(_ status: String, _ fields: String = "", _ body: String = "<html>Log in</html>")
            -> String
        {
            "HTTP/1.1 \(status)\r\nContent-Type: text/html\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }

        struct Answer: Sendable, CustomTestStringConvertible {
            var text: String?
            var russian: String
            var english: String
            var scheme = "ws"
            var testDescription: String { "\(scheme): \(english)" }
        }

        static let answers = [
            Answer(
                text: "", russian: "ADDRESS сразу закрывает соединение: возможно, нужен wss или другой порт",
                english: "ADDRESS closes the connection at once: perhaps it needs wss, or another port"),
            Answer(
                text: "", russian: "ADDRESS сразу закрывает соединение: проверьте порт в --url",
                english: "ADDRESS closes the connection at once: check the port in --url", scheme: "wss"),
            Answer(
                text: "SSH-2.0-OpenSSH_9.9\r\n", russian: "на ADDRESS отвечает не чат-сервер: проверьте --url",
                english: "what answers at ADDRESS is not a chat server: check --url"),
            Answer(
                text: page("404 Not Found"),
                russian: "на ADDRESS по этому пути нет чат-сервера: проверьте --url (HTTP 404)",
                english: "ADDRESS has no chat at this path: check --url (HTTP 404)"),
            Answer(
                text: page("200 OK"), russian: "на ADDRESS отвечает сайт, а не чат-сервер",
                english: "a web site answers at ADDRESS, not a chat server"),
            Answer(
                text: page("302 Found", "Location: http://portal.example/\r\n"),
                russian: "войдите в сеть через браузер (HTTP 302)",
                english: "log in to the network in a browser (HTTP 302)"),
            Answer(
                text: page("502 Bad Gateway"),
                russian: "прокси перед сервером ADDRESS работает, а сам сервер нет: подождите (HTTP 502)",
                english: "the proxy before the server ADDRESS works, but the server itself does not: wait (HTTP 502)"),
            Answer(
                text: page("200 OK"), russian: "на ADDRESS нет шифрования: проверьте порт или укажите ws вместо wss",
                english: "ADDRESS does not encrypt: check the port, or use ws instead of wss", scheme: "wss"),
        ]

        @Test(arguments: answers) func saysWhatAnswers(_ answer: Answer) async throws {
            let listener = try Listener(answer.text)
            for (language, words) in [("ru", answer.russian), ("en", answer.english)] {
                let outcome = try await send("\(answer.scheme)://127.0.0.1:\(listener.port)", language: language)
                let expected = words.replacing("ADDRESS", with: "127.0.0.1:\(listener.port)")
                #expect(outcome.code == 69 && outcome.errors.contains(expected), "\(outcome.errors)")
            }
        }

        @Test func saysThatItIsSilent() async throws {
            let listener = try Listener(nil)
            let outcome = try await send("ws://127.0.0.1:\(listener.port)", language: "en", timeout: 12)
            let words = "127.0.0.1:\(listener.port) accepts the connection but does not answer"
            #expect(outcome.code == 69 && outcome.errors.contains(words), "\(outcome.errors)")
        }

        /// Which of the two depends on the network of the machine that runs the tests.
        @Test func saysThatTheNameIsUnknown() async throws {
            let outcome = try await send("ws://chat.invalid:81", language: "en", timeout: 12)
            let words = ["no such host name; check --url", "the name lookup (DNS) got no answer; check your network"]
            #expect(
                outcome.code == 69 && words.contains { outcome.errors.contains("cannot reach chat.invalid:81: \($0)") },
                "\(outcome.errors)")
        }

        @Test(arguments: [
            (page("407 Who"), "", "requires a login: put the user name and password into the variable HTTP_PROXY"),
            (page("407 Who"), "me:secret@", "rejected the user name or password: check the variable HTTP_PROXY"),
            (page("403 No"), "", "did not connect to chat.example:80"),
            (page("302 Portal"), "", "HTTP 302"), ("SSH-2.0-x\r\n", "", "is not a proxy"),
            ("", "", "closed the connection"),
        ])
        func saysWhatTheProxyWants(_ answer: String, login: String, words: String) async throws {
            let proxy = try Listener(answer)
            let outcome = try await send(
                "ws://chat.example", language: "en",
                variables: ["HTTP_PROXY": "http://\(login)127.0.0.1:\(proxy.port)"])
            #expect(outcome.code == 69 && outcome.errors.contains(words), "\(outcome.errors)")
            #expect(outcome.errors.contains("127.0.0.1:\(proxy.port)") && !outcome.errors.contains("secret"))
        }

        @Test func saysWhichVariableNamesNoProxy() async throws {
            for (value, words) in [
                ("socks5://p:1", "переменная HTTPS_PROXY: нужен адрес прокси вида http://HOST:PORT"),
                ("http://127.0.0.1:1", "прокси 127.0.0.1:1 недоступен: порт закрыт; проверьте переменную HTTPS_PROXY"),
            ] {
                let outcome = try await send(
                    "wss://chat.example", language: "ru", variables: ["HTTPS_PROXY": value])
                #expect(outcome.code == 69 && outcome.errors.contains(words), "\(outcome.errors)")
            }
        }

        /// All programs say the same.
        @Test func everyProgramSaysIt() async throws {
            let port = try LoopbackSocket.freePort()
            let words = "127.0.0.1:\(port) недоступен: порт закрыт"
            let url = ["--user", "alice", "--url", "ws://127.0.0.1:\(port)"]
            let tail = try CommandRun(["tail"] + url, home: home)
            try await tail.wait(for: "its word") { $0.errors.contains(words) }
            let plain = try CommandRun(["--plain", "--seller", "bob"] + url, home: home, input: nil)
            try await plain.wait(for: "its word") { $0.output.contains(words) }
            let program = try Programs.built("chat-tui")
            let screen = try TmuxTerminal([program, "--seller", "bob"] + url, home: home)
            try await screen.wait(forText: words)
            try await screen.wait(forText: "Подключение...")
        }
    }
}

extension EndToEnd {
    /// Files and folders that the user names and that are not as they should be.
    @Suite struct NamedFileTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func run(_ arguments: String...) async throws -> CommandRun.Outcome {
            try await CommandRun.outcome(arguments, home: home)
        }

        @Test(arguments: ["ru", "en"]) func saysWhatIsWrongWithTheTokenFile(_ language: String) async throws {
            try home.write("\n", to: "empty")
            try home.write("two words", to: "words")
            mkdir(home.file("folder"), 0o700)
            let cases = [
                "none": ["нет файла с токеном PATH", "there is no token file PATH"],
                "empty": ["файл с токеном PATH пуст", "the token file PATH is empty"],
                "words": ["в файле PATH не токен", "the file PATH does not hold a token"],
                "folder": [
                    "нужен файл с токеном, а PATH — это папка", "the token file must be a file, but PATH is a folder",
                ],
            ]
            for (name, sentences) in cases {
                let outcome = try await run(
                    "send", "--user", "a", "--to", "b", "--url", "ws://127.0.0.1:1", "--lang", language, "--token-file",
                    home.file(name), "x")
                let words = sentences[language == "ru" ? 0 : 1].replacing("PATH", with: home.file(name))
                #expect(outcome.code == 64 && outcome.errors.contains(words), "\(outcome.errors)")
            }
        }

        @Test func saysWhatIsWrongWithTheSettingsFile() async throws {
            mkdir(home.file("folder"), 0o700)
            for (name, words) in [
                ("none", "нет файла настроек PATH"), ("folder", "нужен файл настроек, а PATH — это папка"),
            ] {
                let outcome = try await run("config", "--config", home.file(name))
                let expected = words.replacing("PATH", with: home.file(name))
                #expect(outcome.code == 64 && outcome.errors.contains(expected), "\(outcome.errors)")
            }
        }

        /// A typing error does not become a new, empty database.
        @Test func createsOnlyStandardFolders() async throws {
            let missing = home.file("tpyo")
            for options in [["--data-dir", missing], ["--log-file", missing + "/log"]] {
                for command in [["send", "--to", "b", "x"], ["export", "--with", "b"], ["--plain", "--seller", "b"]] {
                    let outcome = try await CommandRun.outcome(
                        command + ["--user", "a", "--url", "ws://127.0.0.1:1"] + options, home: home)
                    let words = "\(options[0]): нет папки \(missing)"
                    #expect(outcome.code == 64 && outcome.errors.contains(words), "\(outcome.errors)")
                }
            }
            try home.write("user = \"a\"\ndata-dir = \"tpyo\"\n", to: "chat.toml")
            let set = try await run("export", "--with", "b", "--config", home.file("chat.toml"))
            #expect(set.code == 64 && set.errors.contains("нет папки \(missing)"))
            let created = try await run("config", "--init", "--config", missing + "/config.toml")
            #expect(created.code == 73 && created.errors.contains(missing))
            #expect(!FileManager.default.fileExists(atPath: missing))
        }

        @Test func aFileIsNoFolder() async throws {
            let file = home.file("notes.txt")
            try home.write("mine", to: "notes.txt")
            for options in [["--data-dir", file], ["--log-file", file + "/log"]] {
                for command in [["send", "--to", "b", "x"], ["search", "x"], ["--plain", "--seller", "b"]] {
                    let outcome = try await CommandRun.outcome(
                        command + ["--user", "a", "--url", "ws://127.0.0.1:1"] + options, home: home)
                    let words = "\(options[0]): \(file) — не папка, укажите папку"
                    #expect(outcome.code == 64 && outcome.errors.contains(words), "\(outcome.errors)")
                }
            }
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine")
        }

        @Test func theServerCreatesOnlyStandardFolders() async throws {
            let missing = home.file("tpyo")
            for options in [["--no-unix", "--store", "sqlite:\(missing)/chat.sqlite"], ["--unix", missing + "/s"]] {
                let output = try home.appending(to: "server.out")
                let server = try ChildProcess(
                    [Programs.built("chat-server"), "--port", "0"] + options, environment: home.environment,
                    output: output.fileDescriptor, errors: output.fileDescriptor)
                let code = try await wait(for: "its end", state: { try home.read("server.out") }) { server.exitCode }
                #expect(code == 64)
            }
            #expect(try home.read("server.out").ranges(of: "there is no folder \(missing)").count == 2)
            #expect(!FileManager.default.fileExists(atPath: missing))
        }

        /// An error with a code, and the file stays as it is.
        @Test func exportsNoBrokenHistory() async throws {
            let server = try await ServerProcess.start(home: home)
            let url = ["--user", "alice", "--url", server.url]
            let plain = try CommandRun(["--plain", "--seller", "bob"] + url, home: home, input: "привет\n")
            #expect(try await plain.waitForExit().code == 0)
            let export = ["export", "--with", "bob"] + url
            #expect(try await CommandRun.outcome(export, home: home).code == 0)
            for wrong in [["export", "--with", "carol"] + url, ["export", "--user", "bob", "--with", "alice"]] {
                let outcome = try await CommandRun.outcome(wrong, home: home)
                #expect(outcome.code == 66 && outcome.output == "" && !outcome.errors.isEmpty, "\(outcome)")
            }

            let folder = home.file("data/chat-tui")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            let name = try #require(names.first { $0.hasSuffix(".sqlite") })
            try home.write("My diary", to: "data/chat-tui/\(name)")
            let outcome = try await CommandRun.outcome(export, home: home)
            #expect(outcome.code == 74 && outcome.output == "" && outcome.errors.contains("повреждён"), "\(outcome)")
            #expect(try home.read("data/chat-tui/\(name)") == "My diary")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == names.sorted())
        }
    }
}
