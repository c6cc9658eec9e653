import ChatUI
import Testing

@testable import ConfigFile

struct ProblemTests {
    private func problems(_ text: String) -> [ConfigurationProblem] {
        Configuration.read(text, folder: "/etc", home: "/home/anna").problems
    }

    @Test(
        arguments: [
            ("lang = \"de\"", .notOneOf(key: "lang", value: "de", choices: ["ru", "en"])),
            ("lang = 1", .wrongType(key: "lang", expected: .text)),
            ("mouse = \"true\"", .wrongType(key: "mouse", expected: .flag)),
            ("mosue = true", .unknown(key: "mosue", nearest: "mouse")),
            ("completely-else = true", .unknown(key: "completely-else", nearest: nil)),
            ("bell = false", .unknown(key: "bell", nearest: "alerts.bell")),
            ("[alrets]\nbell = false", .unknown(key: "alrets", nearest: "alerts")),
            ("url = \"example.com\"", .badAddress(key: "url", .malformed)),
            ("url = \"ftp://example.com\"", .badAddress(key: "url", .unknownScheme("ftp"))),
            ("url = \"\"", .empty(key: "url")),
            ("user = \"a\\u0007\"", .badUserID(key: "user")),
            ("apikey = \"a\\nb\"", .badCredential(key: "apikey")),
            ("token = \"secret\"", .secret(key: "token")),
            ("alerts = true", .wrongType(key: "alerts", expected: .table)),
            ("colors.red = \"crimson\"", .unknownColor(key: "colors.red", value: "crimson")),
            ("colors.rde = \"red\"", .unknown(key: "colors.rde", nearest: "colors.red")),
            ("colors.red = 1", .wrongType(key: "colors.red", expected: .text)),
            ("keys.sarch = \"F2\"", .unknown(key: "keys.sarch", nearest: "keys.search")),
            ("keys.search = \"x\"", .unknownKeyName(action: "search", name: "x")),
            ("keys.search = true", .wrongType(key: "keys.search", expected: .keyNames)),
            ("keys.search = [1]", .wrongType(key: "keys.search", expected: .keyNames)),
            ("keys.search = \"Ctrl-O\"", .keyUsedTwice(name: "Ctrl-O", by: "search", and: "links")),
            ("url = wss://example.com", .syntax(column: 10)), ("user = anna", .syntax(column: 8)),
            ("lang = \"ru\"\nlang = \"en\"", .defined),
            ("[alerts]\n[alerts]", .defined), ("[ключи]\nsearch = \"F2\"", .unknownTable("ключи")),
            ("[[=]]", .syntax(column: 3)), ("\u{FEFF}[ ", .syntax(column: 3)), ("[\n]", .syntax(column: 2)),
            ("a\u{0}b = 1", .syntax(column: 2)), ("user = \"a\\u0000b\"", .syntax(column: 10)),
            ("\"\\U00000000\" = 1", .syntax(column: 2)), ("\"\" = 1", .unknown(key: "", nearest: nil)),
            ("user = 1979-05-27T:", .syntax(column: 19)),
            ("keys.search = [\n\"F2\"", .syntax(column: nil)),
            ("templates = \"Здравствуйте\"", .wrongType(key: "templates", expected: .table)),
            ("[templats]\nпривет = \"Здравствуйте\"", .unknown(key: "templats", nearest: "templates")),
            ("[templates]\nпривет = [\"Здравствуйте\"]", .wrongType(key: "templates.привет", expected: .text)),
            ("templates.привет = \"\"", .empty(key: "templates.привет")),
            ("templates.\"\" = \"text\"", .empty(key: "templates.")),
            (
                "[templates]\nпривет = \"Здравствуйте, {nmae}!\"",
                .unknownPlaceholder(key: "templates.привет", name: "nmae", nearest: "name")
            ),
            (
                "[templates]\nhi = \"Здравствуйте, {имя}!\"",
                .unknownPlaceholder(key: "templates.hi", name: "имя", nearest: nil)
            ),
            ("[templates]\nпривет = \"a\"\nпривет = \"b\"", .defined),
            ("[templates]\nпривет = Здравствуйте", .syntax(column: 10)),
            ("[templates]\nпривет — \"Здравствуйте\"", .syntax(column: 8)),
            ("profiles = 1", .wrongType(key: "profiles", expected: .table)),
            ("profiles.x = 1", .wrongType(key: "profiles.x", expected: .table)),
            ("[profiles.\"a b\"]\nuser = \"x\"", .badProfileName("a b")),
            ("[profiles.магазин]\nuser = \"x\"", .badProfileName("магазин")),
            ("[profiles.x]\ntheme = \"dark\"", .notOfProfile(key: "theme")),
            ("[profiles.x]\nusre = \"a\"", .unknown(key: "profiles.x.usre", nearest: "user")),
            ("[profiles.x]\npassword = \"a\"", .secret(key: "profiles.x.password")),
            ("project = \"http://abc.supabase.co\"", .badProject(key: "project", .notEncrypted)),
            ("email = \"anna\"", .badEmail(key: "email")),
            ("язык = \"ru\"", .unknown(key: "язык", nearest: nil)),
        ] as [(String, ConfigurationProblem.Fault)])
    func faults(text: String, fault: ConfigurationProblem.Fault) {
        #expect(problems(text).map(\.fault) == [fault])
    }

    /// A problem has the line of its key, whatever is around it, and no problem hides another.
    @Test func everyLineIsTold() {
        let text = """
            # comment
            lang = "de"
            url = wss://example.com

            mosue = true
            data-dir = '''
            /x'''
            theme = ["dark",
              "light"]
            [show
            presence = 1
            [alerts] # comment with "quotes
            bell = "yes"\r
            title.x = 1
            [keys]
            copy = [
              "F2",
              "x",
            ]
            links = ["F3"
            help = ["F3"]
            undo = "F4
            redo = "F5"
            """
        let lines = problems(text).map(\.line)
        #expect(lines == [2, 3, 5, 8, 10, 13, 14, 16, 20, 22])
    }

    /// Correct settings count, whatever is wrong beside them.
    @Test func theRestIsRead() throws {
        let (configuration, problems) = Configuration.read(
            "lang = \"en\"\nurl = \nmouse = true\n[keys]\ncopy = \"F2\"\nhelp = 1", folder: "/etc", home: nil)
        #expect(problems.count == 2)
        #expect(configuration.language == .english)
        #expect(configuration.usesMouse)
        try #expect(configuration.keyBindings == KeyBindings(changing: ["copy": ["F2"]]))
    }

    @Test func garbageIsToldAndEnds() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "[", "]", "\"", "'", "\"\"\"", "=", "\n", "#", "a", "keys", ".", "\u{0}", "\r", "я", "{", "}", ",", "1",
            "\u{FEFF}", " ", "[keys]\n", "lang = \"ru\"\n", "\\u", "\\u0000", "\"\"", "0x", "1979-05-27", "e", "+",
            "inf", ":", "\t",
            "\u{A0}", "\u{2028}",
        ]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0..<60, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            let count = text.utf8.count { $0 == 0x0A } + 1
            for problem in problems(text) { #expect((1...count).contains(problem.line), "\(text.debugDescription)") }
        }
    }

    @Test func aFloodOfMistakesIsCut() {
        #expect(problems(String(repeating: "a b\n", count: 100_000)).count == 20)
    }

    @Test(arguments: Language.allCases)
    func sentences(language: Language) {
        let texts = Texts(language)
        let text = texts.problems(problems("\n\ntoken = \"hunter2\"\nlnag = \"ru\""), in: "/etc/config\u{1B}.toml")
            .joined(separator: "\n")
        #expect(!text.contains("hunter2"))
        #expect(!text.contains("\u{1B}"))
        let expected =
            language == .russian
            ? """
            /etc/config␛.toml, строка 3: «token» здесь не хранят: положите токен в отдельный файл и укажите token-file
            /etc/config␛.toml, строка 4: неизвестная настройка «lnag»; может быть, lang?
            """
            : """
            /etc/config␛.toml, line 3: 'token' does not belong here: put the token into its own file and set token-file
            /etc/config␛.toml, line 4: unknown setting 'lnag'; did you mean lang?
            """
        #expect(text == expected)
    }
}
