import Foundation
import Testing

/// All texts of the interface are in the folders and files called `Texts`, each in both languages. The tests search the
/// sources, so that no text is forgotten.
struct CatalogueTests {
    static let files: [(path: String, code: String)] = {
        let root = URL(fileURLWithPath: #filePath).appending(path: "../../../Sources").standardized
        return ["ChatUI", "ConfigFile", "chat-tui"].flatMap { module in
            let folder = root.appending(path: module)
            let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
            return names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
                let code = (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
                return ("\(module)/\(name)", SwiftText.withoutComments(code))
            }
        }
    }()

    private static func isCatalogue(_ path: String) -> Bool {
        path.split(separator: "/").last?.hasPrefix("Texts") == true
    }

    /// These files contain the letters of keyboards, and letters that look alike. They are not texts.
    private static let alphabets = ["ChatUI/Input/KeyNames.swift", "ChatUI/Inbox/NameLook.swift"]

    @Test func thereAreSources() {
        #expect(Self.files.count > 80)
        #expect(Self.files.count { Self.isCatalogue($0.path) } >= 12)
    }

    @Test func russianWordsStandInTheCatalogue() {
        for (path, code) in Self.files where !Self.isCatalogue(path) && !Self.alphabets.contains(path) {
            for literal in SwiftText.literals(in: code) {
                #expect(!literal.contains(Self.russianLetter), "\(path): \(literal)")
            }
        }
    }

    /// Outside of the catalogue, nothing that is shown to the user is a string literal.
    @Test func reasonsStandInTheCatalogue() {
        for (path, code) in Self.files where !Self.isCatalogue(path) && path.hasPrefix("chat-tui/") {
            for call in ["ValidationError(\"", ".failed(\"", ".notStarted(\"", ".unusable(\""] {
                #expect(!code.contains(call), "\(path): \(call)")
            }
        }
    }

    /// A log has one language, whatever the interface's is.
    @Test func noTextOfTheInterfaceGoesIntoALog() {
        let calls = /\blog\.(log|trace|debug|info|notice|warning|error|critical)\(.*/
        let lines = Self.files.flatMap { file in file.code.matches(of: calls).map { (file.path, $0.output.0) } }
        #expect(!lines.isEmpty)
        for (path, line) in lines {
            #expect(!line.contains(/\btexts\b|\bsentence\b/), "\(path): \(line)")
        }
    }

    @Test func everyTextIsInBothLanguages() {
        var count = 0
        for (path, code) in Self.files where Self.isCatalogue(path) {
            for arguments in SwiftText.calls(of: "choose", in: code) {
                check(arguments.prefix(2), count: 2, path)
                count += 1
            }
            for arguments in SwiftText.calls(of: "counted", in: code) where arguments.count == 3 {
                check(arguments.suffix(2), count: 2, path)
                count += 1
            }
        }
        #expect(count > 250)
    }

    private func check(_ arguments: ArraySlice<String>, count: Int, _ path: String) {
        guard arguments.count == count, let first = arguments.first, let last = arguments.last else {
            Issue.record("\(path): \(arguments)")
            return
        }
        let russian = SwiftText.literals(in: first).joined(separator: " ")
        let english = SwiftText.literals(in: last).joined(separator: " ")
        #expect(!english.contains(Self.russianLetter), "\(path): \(english)")
        let letters = russian.filter(\.isLetter)
        #expect(letters.isEmpty || letters.contains(Self.russianLetter), "\(path): \(russian)")
        #expect(letters.isEmpty == english.filter(\.isLetter).isEmpty, "\(path): \(russian) / \(english)")
        for word in russian.matches(of: /[A-Za-z]{2,}/).map({ String($0.output) }) {
            #expect(Self.names.contains(word), "\(path): ‘\(word)’ in \(russian)")
        }
    }

    /// Texts that the web client has too, and that people and programs know by their letters. Everywhere else an ellipsis
    /// is one character.
    private static let inherited: Set = ["Подключение...", "Введите сообщение..."]

    @Test func oneEllipsis() {
        for (path, literal) in Self.shownLiterals where !Self.inherited.contains(literal) {
            #expect(!literal.contains("..."), "\(path): \(literal)")
        }
    }

    /// Phrases that readers of either language stumbled over. The texts have plainer ones.
    @Test func noPhraseThatReadersStumbledOver() {
        for (path, literal) in Self.shownLiterals {
            for phrase in Self.stumblingBlocks {
                #expect(!literal.lowercased().contains(phrase), "\(path): ‘\(phrase)’ in \(literal)")
            }
        }
    }

    /// The literals of the catalogues, and those of the server's command line, which is in English only.
    private static let shownLiterals: [(path: String, literal: String)] = {
        let server = URL(fileURLWithPath: #filePath).appending(path: "../../../Sources/chat-server").standardized
        let names = (try? FileManager.default.contentsOfDirectory(atPath: server.path)) ?? []
        let programs = names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let code = (try? String(contentsOf: server.appending(path: name), encoding: .utf8)) ?? ""
            return (path: "chat-server/\(name)", code: SwiftText.withoutComments(code))
        }
        return (files.filter { isCatalogue($0.path) } + programs).flatMap { file in
            SwiftText.literals(in: file.code).map { (file.path, $0) }
        }
    }()

    private static let stumblingBlocks = [
        "кончает", "не спрашивает", "не пускает", "не разобрать", "не прочесть", "не нарисовать", "лишнее:",
        "неверный вызов", "без управляющих", "дикторов", "размещённого", "номер товара", "не впереди", "не заверен",
        "нынешнего", "нет ключа", "нет настройки", "прежние сообщения", "слово впереди", "слово позади",
        "out of reach", "did not take", "do you mean", "it takes", "there is no option",
        "two people", "this is there", "these are no", "belong there", "tells the commands", "the other's",
        "the other is", "tell the other that", "tell the other what", "blocked any more", "take the block", "no sense",
        "read anew", "можно не до конца", "самое большее", "any more", "it exited", "there are {", "that works in",
        "too long by", "present end", "row up", "for who they are",
    ]

    nonisolated(unsafe) private static let russianLetter = /[а-яА-ЯёЁ]/

    /// Names that are the same in Russian: keys, variables, formats, and what the user types.
    private static let names: Set<String> = [
        "ALL", "API", "DNS", "HOST", "IP", "JWT", "PORT", "VPN", "APIKEY", "Alt", "BROWSER", "CHAT", "CONFIG", "Ctrl",
        "DATA", "EDITOR", "End", "Enter", "Esc",
        "HOME",
        "HTTP",
        "Home", "ID", "JSON", "LANG", "LC", "PEM", "PgDn", "PgUp", "STATE", "Shift", "TERM", "TLS", "TMPDIR", "TOKEN",
        "TUI", "RUNTIME", "DIR", "UUID",
        "Tab",
        "URL", "UTF", "XDG", "anna", "apikey", "bash", "bashrc", "black", "block", "blue", "bright", "ca", "chat",
        "color", "completion", "config",
        "cursor",
        "cyan", "dark", "data", "default", "dir", "discard", "en", "example", "false", "file", "fish", "generate",
        "green", "heartbeat",
        "help", "https",
        "http", "id", "init", "ivan", "json", "keys", "lang", "light", "limit", "local", "log", "magenta", "mono",
        "name",
        "plain", "product", "ps", "quit",
        "reconnect", "red", "resend", "ru", "script", "search", "seconds", "seller", "send", "server", "date", "since",
        "source", "tail", "templates", "tmux", "OSC", "wl", "copy", "xclip", "xsel",
        "timeout", "token", "Keys", "SSH", "abcdefgh", "chmod", "no", "sb", "Supabase", "anon", "browser", "co", "code",
        "command", "email", "key", "login",
        "mail", "whoami",
        "method", "pass", "password", "profile", "profiles", "project", "publishable", "shop", "show", "supabase",
        "toml",
        "to", "true", "tui", "unblock", "url", "user", "vi", "white", "with", "wss", "ws", "xterm", "yellow", "zsh",
    ]
}

/// Parses as much of Swift as is needed to find string literals.
enum SwiftText {
    static func withoutComments(_ code: String) -> String {
        code.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
    }

    /// The string literals without their interpolations. Literals inside an interpolation follow separately.
    static func literals(in code: String) -> [String] {
        var scanner = Scanner(code)
        while !scanner.isAtEnd { scanner.skipCode() }
        return scanner.literals
    }

    /// The arguments of each call of a function.
    static func calls(of name: String, in code: String) -> [[String]] {
        let calls = code.ranges(of: "\(name)(").filter { range in
            let before = code[..<range.lowerBound]
            return before.last.map { !$0.isLetter && $0 != "." } != false && !before.hasSuffix("func ")
        }
        return calls.map { range in
            var scanner = Scanner(String(code[range.upperBound...]))
            return scanner.arguments()
        }
    }

    private struct Scanner {
        private let code: [Character]
        private var position = 0
        private(set) var literals: [String] = []

        init(_ code: String) { self.code = Array(code) }

        var isAtEnd: Bool { position >= code.count }

        private func isNext(_ text: String) -> Bool { code[position...].starts(with: text) }

        mutating func skipCode() {
            if code[position] == "\"" { skipLiteral() } else { position += 1 }
        }

        private mutating func skipLiteral() {
            let quote = isNext("\"\"\"") ? "\"\"\"" : "\""
            position += quote.count
            var text = ""
            let place = literals.count
            while !isAtEnd, !isNext(quote) {
                if isNext("\\(") {
                    position += 2
                    skipParentheses()
                } else if code[position] == "\\" {
                    position += 2
                    text += " "
                } else {
                    text.append(code[position])
                    position += 1
                }
            }
            position += quote.count
            literals.insert(text, at: place)
        }

        private mutating func skipParentheses() {
            var depth = 1
            while !isAtEnd, depth > 0 {
                if code[position] == "(" { depth += 1 }
                if code[position] == ")" { depth -= 1 }
                skipCode()
            }
        }

        /// Parses the arguments after an opening parenthesis.
        mutating func arguments() -> [String] {
            var arguments: [String] = []
            var start = position
            var depth = 0
            while !isAtEnd {
                let character = code[position]
                if "([{".contains(character) { depth += 1 }
                if ")]}".contains(character) { depth -= 1 }
                if depth < 0 || depth == 0 && character == "," {
                    arguments.append(String(code[start..<position]))
                    start = position + 1
                    if depth < 0 { break }
                }
                skipCode()
            }
            return arguments
        }
    }
}
