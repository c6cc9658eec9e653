import Foundation
import Testing

extension EndToEnd {
    /// `config.toml`, from its creation to its effects.
    @Suite struct SettingsTests {
        let home: Home
        private let file = "config/chat-tui/config.toml"

        init() throws {
            home = try Home()
        }

        private func run(_ arguments: String...) async throws -> CommandRun.Outcome {
            try await CommandRun.outcome(arguments, home: home, input: "")
        }

        private func permissions(of name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: home.file(name))[.posixPermissions] as? Int
        }

        private func chat(_ settings: String, _ server: ServerProcess) async throws -> TmuxTerminal {
            try home.write(settings, to: "chat.toml")
            let command = try TmuxTerminal.command(.alice, with: .bob, url: nil)
            let terminal = try TmuxTerminal(
                command + ["--config", home.file("chat.toml"), "--url", server.url], home: home)
            try await terminal.wait(for: "a connection") { $0.header.contains("●") }
            return terminal
        }

        @Test func isMadeOnceForThisUserOnly() async throws {
            let none = try await run("config")
            #expect(none.code == 0 && none.output == home.file(file) + "\n")
            #expect(none.errors == "chat-tui: файла настроек ещё нет, его создаст chat-tui config --init\n")
            let made = try await run("config", "--init", "--lang", "en")
            #expect(made.code == 0 && made.output == home.file(file) + "\n" && made.errors == "")
            #expect(try permissions(of: file) == 0o600)
            #expect(try permissions(of: "config/chat-tui") == 0o700)
            let text = try home.read(file)
            #expect(text.contains("\nlang = \"en\"\n"), "the next start is in English, too")
            let again = try await run("config", "--init")
            #expect(again.code == 73 && again.output == "" && again.errors.contains("already exists"))
            #expect(try home.read(file) == text)
            let named = try await run("config", "--init", "--config", home.file(file), "--lang", "en")
            #expect(named.code == 73 && named.errors.contains("chat-tui config --config \(home.file(file))"))
            for path in ["/dev/null", home.path] {
                let other = try await run("config", "--init", "--config", path)
                #expect(other.code == 73 && other.errors.contains("\(path): это не обычный файл"))
            }
            let checked = try await run("config")
            #expect(checked.code == 0 && checked.output == made.output && checked.errors == "")
        }

        @Test func keysThatAreOneToATerminalAreTold() async throws {
            try home.write("[keys]\nsend = [\"Ctrl-M\"]\nsearch = \"Ctrl-I\"\ncomplete = []\n", to: "twins.toml")
            let twins = try await run("config", "--config", home.file("twins.toml"))
            #expect(twins.code == 0)
            #expect(
                twins.errors == """
                    chat-tui: keys.search: Ctrl-I и Tab для терминала — одна клавиша
                    chat-tui: keys.send: Ctrl-M и Enter для терминала — одна клавиша

                    """)
        }

        /// A pipe such as `<(command)`: the file is needed for the language and for the rest, but gives its content
        /// once.
        @Test func aPipeIsReadOnce() async throws {
            let pipe = home.file("pipe")
            mkfifo(pipe, 0o600)
            let run = try CommandRun(["config", "--config", pipe], home: home)
            let writer = try await wait(for: "a reader") {
                let descriptor = open(pipe, O_WRONLY | O_NONBLOCK)
                return descriptor < 0 ? nil : FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            }
            try writer.write(contentsOf: Data("lang = \"en\"\ntheme = 7\n".utf8))
            try writer.close()
            let end = try await run.waitForExit(within: .seconds(4))
            #expect(end.code == 64 && end.errors == "chat-tui: \(pipe), line 2: 'theme': must be a quoted string\n")
        }

        @Test func aPipeThatNobodyWritesToIsWaitedForOnceAndToldOf() async throws {
            let pipe = home.file("pipe")
            mkfifo(pipe, 0o600)
            let start = ContinuousClock.now
            let run = try CommandRun(["config", "--config", pipe, "--lang", "en"], home: home)
            try await run.wait(for: "a word") {
                $0.errors == "chat-tui: waiting for the settings from the pipe \(pipe)…\n"
            }
            let end = try await run.waitForExit()
            #expect(end.code == 64 && end.errors.contains("the pipe \(pipe) did not deliver all of it"))
            #expect(ContinuousClock.now - start < .seconds(9))
        }

        @Test func mistakesAreToldBeforeTheScreenStarts() async throws {
            try home.write("lang = \"en\"\nmosue = true\ntoken = \"hunter2\"\ntheme = 7\n[keys\n", to: "bad.toml")
            let path = home.file("bad.toml")
            let english = try await run("--config", path, "--user", "alice", "--seller", "bob")
            #expect(english.code == 64 && english.output == "")
            #expect(
                english.errors == """
                    chat-tui: \(path), line 2: unknown setting 'mosue'; did you mean mouse?
                    chat-tui: \(path), line 3: 'token' does not belong here: put the token into its own file and \
                    set token-file
                    chat-tui: \(path), line 4: 'theme': must be a quoted string
                    chat-tui: \(path), line 5: cannot be read (column 6): expected key = "text", key = true or [table]

                    """)
            let russian = try await run("config", "--config", path, "--lang", "ru")
            #expect(russian.code == 64 && russian.errors.contains("строка 4: «theme»: нужен текст в кавычках"))
            let missing = try await run("config", "--config", home.file("none.toml"))
            #expect(missing.code == 64 && missing.errors.hasPrefix("chat-tui: нет файла настроек"))
        }

        /// The environment overrides the file, and flags override the environment.
        @Test func flagsWin() async throws {
            try home.write("user = \"file\"\nlang = \"en\"\nurl = \"ws://127.0.0.1:1\"\n", to: "chat.toml")
            let file = try await run("send", "--config", home.file("chat.toml"), "--to", "bob", "hi", "--timeout", "1")
            #expect(file.code == 69 && file.errors.contains("not"))
            let flag = try await run("send", "--config", home.file("chat.toml"), "--to", "file", "--lang", "ru", "hi")
            #expect(flag.code == 64 && flag.errors.contains("разными"))
        }

        /// A value is blamed on the place where it stands, in the language of the best source that names one.
        @Test func aValueIsBlamedOnItsPlace() async throws {
            let file = home.file("chat.toml")
            let send = ["send", "--user", "a", "--to", "b", "--timeout", "1", "x"]
            let none = "/nonexistent/x"
            let cases: [(arguments: [String], variables: [String: String], settings: String, errors: String)] = [
                (
                    ["--lang", "fr"], ["CHAT_TUI_LANG": "en"], "",
                    "--lang cannot be 'fr'; use ru or en; see chat-tui --help"
                ),
                ([], ["CHAT_TUI_LANG": "fr"], "lang = \"en\"", "CHAT_TUI_LANG cannot be 'fr'; use ru or en"),
                (
                    [], ["CHAT_TUI_LANG": "fr"], "",
                    "CHAT_TUI_LANG: языка «fr» нет, есть ru и en; справка: chat-tui --help"
                ),
                (send, ["CHAT_TUI_URL": "ftp://x"], "", "CHAT_TUI_URL: схема «ftp» не подходит"),
                (send + ["--url", "ftp://x"], ["CHAT_TUI_URL": "ws://y"], "", "--url: схема «ftp» не подходит"),
                (send, ["CHAT_TUI_URL": "ws://127.0.0.1:1"], "", "порт закрыт; проверьте CHAT_TUI_URL и запущен"),
                (send, [:], "url = \"ws://127.0.0.1:1\"", "порт закрыт; проверьте url в chat.toml и запущен"),
                (
                    send, ["CHAT_TUI_URL": "ws://127.0.0.1:1", "CHAT_TUI_TOKEN": "a.b.c"],
                    "# x\ndata-dir = \"\(none)\"",
                    "\(file), строка 2: «data-dir»: нет папки \(none)"
                ),
                (
                    send, [:], "\nlog-file = \"\(none)/log\"", "\(file), строка 2: «log-file»: нет папки \(none)"
                ),
                (
                    send, [:], "ca-file = \"\(none)\"",
                    "\(file), строка 1: «ca-file»: нет файла с сертификатами \(none)"
                ),
                (send, [:], "user = \"  \"", "\(file), строка 1: «user»: от 1 до 128 символов"),
            ]
            for (arguments, variables, settings, errors) in cases {
                try home.write(settings, to: "chat.toml")
                let run = try CommandRun(arguments + ["--config", file], home: home, variables: variables)
                let outcome = try await run.waitForExit()
                #expect(outcome.code == 64 || outcome.code == 69)
                #expect(outcome.errors.contains(errors), "\(outcome.errors)")
            }
        }

        @Test func keysAndThemes() async throws {
            let server = try await ServerProcess.start(home: home)
            let light = try await chat(
                "lang = \"en\"\ntheme = \"light\"\nmouse = true\n[colors]\ngreen = \"color99\"\n[keys]\nhelp = \"F2\"\n",
                server)
            #expect(try light.captureWithStyles().contains("38;5;99m●"))
            #expect(try light.property("mouse_any_flag") == "1")
            try light.press("F1")
            try light.press("F2")
            try await light.wait(forText: "page up")
            try light.press("F2")
            try await light.wait(for: "the end of the help") { !$0.contains("page up") }
            try light.press("C-d")
            #expect(try await light.waitForExit() == 0)
            #expect(try light.property("mouse_any_flag") == "0")

            let mono = try await chat("theme = \"mono\"\ntitle = false\n", server)
            let screen = try mono.captureWithStyles()
            #expect(screen.rows.allSatisfy { !$0.contains(/[\[;]3[0-8][;m]/) })
            #expect(try !mono.property("pane_title").contains("chat-tui"))
        }
    }
}
