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

        @Test(arguments: [[], ["send"], ["tail"], ["export"], ["config"]])
        func help(command: [String]) async throws {
            let russian = try await run(command + ["--help"])
            #expect(russian.code == 0 && russian.errors == "")
            let english = try await run(["--lang", "en"] + command + ["--help"])
            #expect(english.code == 0 && !english.output.contains(/[а-яё]/))
            for library in ["OVERVIEW", "USAGE", "OPTIONS", "ARGUMENTS", "SUBCOMMANDS", "Show", "default:", "See "] {
                #expect(!russian.output.contains(library), "\(library)")
            }
            // Each flag is explained beside its name, or in the next line.
            let lines = russian.output.split(separator: "\n")
            let flags = lines.indices.filter { lines[$0].hasPrefix("  -") }
            #expect(flags.count > 10)
            for flag in flags {
                let text = lines[flag].count > 26 ? lines[flag].dropFirst(26) : ""
                let next = lines.indices.contains(flag + 1) ? lines[flag + 1] : ""
                #expect(text.contains(/[а-яё]/) || next.contains(/[а-яё]/), "\(lines[flag])")
            }
        }

        @Test func theSettingsFileTellsTheLanguage() async throws {
            try home.write("lang = \"en\"", to: "chat.toml")
            let help = try await run(["--config", home.file("chat.toml"), "--help"])
            #expect(help.output.contains("A conversation about a product"))
            let wrong = try await run(["--config=" + home.file("chat.toml"), "--qqqqqqqq"])
            #expect(wrong.errors == "chat-tui: there is no option --qqqqqqqq; the options: chat-tui --help\n")
        }

        @Test(arguments: [
            (
                ["--usr", "x"], "нет ключа --usr, может быть, --user? Ключи: chat-tui --help",
                "there is no option --usr, do you mean --user? The options: chat-tui --help"
            ),
            (
                ["--user"], "после --user нужно значение; ключи: chat-tui --help",
                "--user needs a value; the options: chat-tui --help"
            ),
            (
                ["--user", "a", "xyzzy", "b"], "лишнее: «xyzzy», «b»; ключи: chat-tui --help",
                "nothing of this is expected here: 'xyzzy', 'b'; the options: chat-tui --help"
            ),
            (
                ["sent", "--to", "ivan", "text"], "нет команды sent, может быть, send? Ключи: chat-tui --help",
                "there is no command sent, do you mean send? The options: chat-tui --help"
            ),
            (
                ["snd", "--user", "anna"], "нет команды snd, может быть, send? Ключи: chat-tui --help",
                "there is no command snd, do you mean send? The options: chat-tui --help"
            ),
            (
                ["help", "nope"], "нет команды nope; ключи: chat-tui --help",
                "there is no command nope; the options: chat-tui --help"
            ),
            (
                ["--plain=1"], "--plain пишут без значения; ключи: chat-tui --help",
                "--plain takes no value; the options: chat-tui --help"
            ),
            (
                ["send", "--timeout", "x"], "--timeout: x не подходит; ключи: chat-tui send --help",
                "--timeout does not take x; the options: chat-tui send --help"
            ),
            (
                ["send", "-привет"],
                "нет ключа -привет; текст с чертой в начале пишут после --; ключи: chat-tui send --help",
                "there is no option -привет; a text that begins with a dash goes behind --; "
                    + "the options: chat-tui send --help"
            ),
            (
                ["config", "--foo"], "нет ключа --foo; ключи: chat-tui config --help",
                "there is no option --foo; the options: chat-tui config --help"
            ),
            (
                ["config", "--inti"], "нет ключа --inti, может быть, --init? Ключи: chat-tui config --help",
                "there is no option --inti, do you mean --init? The options: chat-tui config --help"
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
                "--unix: укажите путь целиком, от /", "--unix: give the whole path, from / on"
            ),
            (
                ["local-server", "--unix", "/tmp/x", "--store", ""],
                "--store: укажите путь целиком, от /", "--store: give the whole path, from / on"
            ),
            (
                ["--unk\u{1B}nown"], "нет ключа --unk␛nown; ключи: chat-tui --help",
                "there is no option --unk␛nown; the options: chat-tui --help"
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
            #expect(outcome.code == 64 && outcome.errors.hasPrefix("chat-tui: --lang: ru или en / ru or en"))
        }
    }
}
