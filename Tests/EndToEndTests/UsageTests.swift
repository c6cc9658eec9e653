import Testing

extension EndToEnd {
    /// The help of each program, in the language asked for.
    @Suite struct UsageTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func run(_ arguments: [String]) async throws -> CommandRun.Outcome {
            try await CommandRun.outcome(arguments, home: home, input: "")
        }

        private static let commands = [
            [], ["login"], ["logout"], ["whoami"], ["send"], ["tail"], ["export"], ["search"], ["config"],
            ["local-server"],
        ]

        /// What the user is to fill in has a name in the language of the rest. An id and the names of the languages are
        /// the same in both.
        @Test(arguments: commands)
        func placeholders(command: [String]) async throws {
            for (language, letters) in [("ru", /[а-яё…]+/), ("en", /[a-z…]+/)] {
                let help = try await run(["--lang", language] + command + ["--help"]).output
                let lines = help.split(separator: "\n")
                let usage = lines.filter { $0.hasPrefix("ИСПОЛЬЗОВАНИЕ") || $0.hasPrefix("USAGE") }
                #expect(usage.count == 1)
                let inUsage = usage.joined().matches(of: /\p{Lu}{2,}/).dropFirst().map { String($0.output) }
                let named = help.matches(of: /<([^<>\s]+)>/).map { String($0.output.1) }
                let values = Set(inUsage + named).subtracting(["ID", "ru|en", "code|password|browser"])
                #expect(values.isEmpty == (command == ["local-server"]) || command == ["export"], "\(help)")
                for value in values {
                    #expect(value.lowercased().wholeMatch(of: letters) != nil, "\(language) \(command): \(value)")
                }
                // Every flag with a value of its own is named with it.
                for line in lines where line.hasPrefix("  --") && line.contains("<") {
                    let flag = line.dropFirst(4).prefix { $0 != " " }
                    #expect(!line.contains("<\(flag)>") || language == "en", "\(line)")
                }
            }
        }

        @Test(arguments: commands.dropLast())
        func help(command: [String]) async throws {
            let russian = try await run(command + ["--help"])
            #expect(russian.code == 0 && russian.errors == "")
            let english = try await run(["--lang", "en"] + command + ["--help"])
            #expect(english.code == 0 && !english.output.contains(/[а-яё]/))
            for library in ["OVERVIEW", "USAGE", "OPTIONS", "ARGUMENTS", "SUBCOMMANDS", "Show", "default:", "See "] {
                #expect(!russian.output.contains(library), "\(library)")
            }
            // What the user is to fill in has a name in the language of the rest.
            for word in ["TEXT", "FILE", "SECONDS", "TITLE", "CURSOR"] {
                #expect(!russian.output.contains(word), "\(word)")
            }
            // Each flag is explained beside its name, or in the next line.
            let lines = russian.output.split(separator: "\n")
            let flags = lines.indices.filter { lines[$0].hasPrefix("  -") }
            #expect(flags.count >= 6)
            for flag in flags {
                let text = lines[flag].count > 26 ? lines[flag].dropFirst(26) : ""
                let next = lines.indices.contains(flag + 1) ? lines[flag + 1] : ""
                #expect(text.contains(/[а-яё]/) || next.contains(/[а-яё]/), "\(lines[flag])")
            }
        }

        /// Help and completion offer nothing that the command refuses.
        @Test(arguments: ["login", "logout", "whoami"]) func onlyWhatTheCommandTakes(command: String) async throws {
            let help = try await run([command, "--help"]).output
            for flag in ["--user", "--url", "--token", "--token-file", "--data-dir", "--log-file", "--seller"] {
                #expect(!help.contains("\n  \(flag) "), "\(flag)")
            }
            for flag in ["--profile", "--config", "--lang", "--ca-file"] { #expect(help.contains(flag), "\(flag)") }
            #expect(help.contains("--apikey") == (command == "login"))
            // They are taken before the command as well as after it.
            for arguments in [["--profile", "x", command], [command, "--profile", "x"]] {
                let outcome = try await run(arguments)
                let reason = command == "login" ? "--project" : "профиля x нет"
                #expect(outcome.code == 64 && outcome.errors.contains(reason), "\(outcome)")
            }
        }

        @Test func theSettingsFileTellsTheLanguage() async throws {
            try home.write("lang = \"en\"", to: "chat.toml")
            let help = try await run(["--config", home.file("chat.toml"), "--help"])
            #expect(help.output.contains("A conversation about a product"))
            let wrong = try await run(["--config=" + home.file("chat.toml"), "--qqqqqqqq"])
            #expect(wrong.errors == "chat-tui: unknown option --qqqqqqqq; see chat-tui --help\n")
        }

        @Test(arguments: [
            (
                ["--usr", "x"], "неизвестный ключ --usr; может быть, --user? Справка: chat-tui --help",
                "unknown option --usr; did you mean --user? See chat-tui --help"
            ),
            (
                ["--user"], "после --user нужно значение; справка: chat-tui --help",
                "--user needs a value; see chat-tui --help"
            ),
            (
                ["--user", "a", "xyzzy", "b"], "лишние аргументы «xyzzy», «b»; справка: chat-tui --help",
                "unexpected arguments 'xyzzy', 'b'; see chat-tui --help"
            ),
            (
                ["sent", "--to", "ivan", "text"],
                "неизвестная команда sent; может быть, send? Справка: chat-tui --help",
                "unknown command sent; did you mean send? See chat-tui --help"
            ),
            (
                ["snd", "--user", "anna"], "неизвестная команда snd; может быть, send? Справка: chat-tui --help",
                "unknown command snd; did you mean send? See chat-tui --help"
            ),
            (
                ["help", "nope"], "неизвестная команда nope; справка: chat-tui --help",
                "unknown command nope; see chat-tui --help"
            ),
            (
                ["--plain=1"], "--plain указывают без значения; справка: chat-tui --help",
                "--plain takes no value; see chat-tui --help"
            ),
            (
                ["send", "--timeout", "x"], "--timeout: «x» — не число; справка: chat-tui send --help",
                "--timeout: 'x' is not a number; see chat-tui send --help"
            ),
            (
                ["send", "-привет"],
                "неизвестный ключ -привет; текст, который начинается с -, пишите после --; справка: chat-tui send --help",
                "unknown option -привет; put -- before a text that begins with -; "
                    + "see chat-tui send --help"
            ),
            (
                ["config", "--foo"], "неизвестный ключ --foo; справка: chat-tui config --help",
                "unknown option --foo; see chat-tui config --help"
            ),
            (
                ["config", "--inti"], "неизвестный ключ --inti; может быть, --init? Справка: chat-tui config --help",
                "unknown option --inti; did you mean --init? See chat-tui config --help"
            ),
            (
                ["local-server"],
                "local-server запускает только сам chat-tui; свой сервер запускают командой chat-server",
                "only chat-tui itself runs local-server; to run a server, use chat-server"
            ),
            (
                ["local-server", "--unix", "/tmp/x"],
                "local-server запускает только сам chat-tui; свой сервер запускают командой chat-server",
                "only chat-tui itself runs local-server; to run a server, use chat-server"
            ),
            (
                ["local-server", "--unix", "x", "--store", "/tmp/x"],
                "--unix: укажите полный путь, от /", "--unix: give the full path, starting at /"
            ),
            (
                ["local-server", "--unix", "/tmp/x", "--store", ""],
                "--store: укажите полный путь, от /", "--store: give the full path, starting at /"
            ),
            (
                ["--unk\u{1B}nown"], "неизвестный ключ --unk␛nown; справка: chat-tui --help",
                "unknown option --unk␛nown; see chat-tui --help"
            ),
        ])
        func wrongFlags(arguments: [String], russian: String, english: String) async throws {
            let first = try await run(arguments)
            #expect(first.code == 64 && first.output == "")
            #expect(first.errors == "chat-tui: \(russian)\n")
            let second = try await run(["--lang", "en"] + arguments)
            #expect(second.code == 64)
            #expect(second.errors == "chat-tui: \(english)\n")
        }

        @Test func anUnknownLanguage() async throws {
            let outcome = try await run(["--lang", "de", "--user", "alice"])
            #expect(outcome.code == 64 && outcome.errors.hasPrefix("chat-tui: --lang: языка «de» нет, есть ru и en"))
        }
    }
}
