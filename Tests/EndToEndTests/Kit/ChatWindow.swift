import Testing

/// A person in a conversation.
struct Person {
    let id: String
    let name: String

    static let alice = Person(id: "alice", name: "Алиса")
    static let bob = Person(id: "bob", name: "Иван Петров")
}

/// Starts `chat-tui` in a terminal.
extension TmuxTerminal {
    static let product = "iPhone 13"

    static func command(_ user: Person, with peer: Person, url: String?) throws -> [String] {
        let program = try Programs.built("chat-tui")
        let server = url.map { ["--url", $0] } ?? []
        return [program, "--user", user.id, "--seller", peer.id, "--seller-name", peer.name, "--product", product]
            + server
    }

    /// Without a URL it uses the local server. Returns when the program is connected.
    static func chat(
        _ user: Person, with peer: Person, at url: String?, home: Home, columns: Int = 80, rows: Int = 24
    ) async throws -> TmuxTerminal {
        let terminal = try TmuxTerminal(
            command(user, with: peer, url: url), home: home, columns: columns, rows: rows)
        try await terminal.waitUntilConnected()
        return terminal
    }

    func waitUntilConnected(within limit: Duration = .seconds(30)) async throws {
        try await wait(for: "‘●’ in the header", within: limit) { $0.isConnected }
    }

    /// Types a message, sends it, and waits until it has left the input line.
    func send(_ text: String) async throws {
        try type(text)
        try await wait(for: "‘\(text)’ in the input line") { $0.inputRows.contains { $0.contains(text) } }
        try press("Enter")
        try await wait(for: "an empty input line") { $0.isInputEmpty }
    }
}

/// The parts of the program's screen: header, rule, scrollback, rule, input, counter line.
extension Capture {
    var header: String { rows.first ?? "" }
    var isConnected: Bool { header.contains("●") }
    var counterLine: String { rows.last ?? "" }

    private var rules: [Int] { rows.indices.filter { rows[$0].hasPrefix("──────────") } }

    /// The conversation as far as it is visible.
    var scrollback: [String] {
        guard rules.count == 2 else { return [] }
        return Array(rows[(rules[0] + 1)..<rules[1]])
    }

    var inputRows: [String] {
        guard rules.count == 2, rules[1] + 1 < rows.count else { return [] }
        return Array(rows[(rules[1] + 1)..<(rows.count - 1)])
    }

    var isInputEmpty: Bool { inputRows.contains { $0.contains("Введите сообщение...") } }

    /// The rows of the conversation that have one of the texts, each as that text.
    func order(of texts: [String]) -> [String] {
        scrollback.compactMap { row in texts.first { row.contains($0) } }
    }
}
