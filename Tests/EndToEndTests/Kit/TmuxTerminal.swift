import Foundation
import Testing

/// A tmux server of its own with a program in it. tmux is the terminal emulator: what it captures is what a person
/// would see.
final class TmuxTerminal {
    private let tmux: [String]
    private let environment: [String: String]
    private let exitCodeFile: String

    /// Starts `command` in a window of this size. A shell runs it and records how it ended, because tmux does not
    /// always notice the end of a program.
    init(_ command: [String], home: Home, columns: Int = 80, rows: Int = 24) throws {
        let name = "tmux-\(UUID().uuidString.prefix(8))"
        let configuration = """
            set -g default-terminal tmux-256color
            set -g escape-time 0
            set -g focus-events off
            set -g status off
            """
        try home.write(configuration, to: name + ".conf")
        environment = home.environment
        let program = try Programs.installed("tmux")
        tmux = [program, "-u", "-S", home.file(name), "-f", home.file(name + ".conf")]
        exitCodeFile = home.file(name + ".exit")
        let shell = ["/bin/sh", "-c", "\"$@\"; echo $? > \(exitCodeFile); exec sleep 1000", "sh"]
        try run(["new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "--"] + shell + command)
    }

    deinit {
        _ = try? run(["kill-server"])
    }

    @discardableResult
    private func run(_ arguments: [String]) throws -> String {
        try Programs.run(tmux + arguments, environment: environment)
    }

    // MARK: What a person does

    func type(_ text: String) throws {
        try run(["send-keys", "-l", "--", text])
    }

    /// Keys by tmux's names: `Enter`, `C-l`, `M-Enter`, `PageUp`, `F1`.
    func press(_ keys: String...) throws {
        try run(["send-keys", "--"] + keys)
    }

    /// Pastes as the middle mouse button does. The paste is bracketed if the program asked for that.
    func paste(_ text: String) throws {
        try run(["set-buffer", "--", text])
        try run(["paste-buffer", "-p"])
    }

    func resize(columns: Int, rows: Int) throws {
        try run(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
    }

    /// Shows another window of the same tmux.
    func hide() throws {
        try run(["new-window", "--", "sleep", "1000"])
    }

    /// Shows this window again.
    func show() throws {
        try run(["select-window", "-t", ":0"])
    }

    /// Whether the bell rang in this window while it was hidden.
    func hasRung() throws -> Bool {
        try run(["display-message", "-p", "-t", ":0", "#{window_bell_flag}"]).hasPrefix("1")
    }

    // MARK: What a person sees

    /// The rows of the window, without the blanks at their ends.
    func capture() throws -> Capture {
        Capture(try run(["capture-pane", "-p"]))
    }

    /// The rows with the sequences that colour them.
    func captureWithStyles() throws -> Capture {
        Capture(try run(["capture-pane", "-p", "-e"]))
    }

    /// One of tmux's variables, such as `pane_title`.
    func property(_ name: String) throws -> String {
        try run(["display-message", "-p", "#{\(name)}"]).trimmingCharacters(in: .newlines)
    }

    /// The newest of tmux's own buffers.
    func buffer() throws -> String { try run(["show-buffer"]) }

    /// Waits until the window fulfils a condition.
    @discardableResult
    func wait(
        for what: String, within limit: Duration = .seconds(30), _ isThere: (Capture) -> Bool
    ) async throws -> Capture {
        try await EndToEndTests.wait(for: what, within: limit, state: { try capture().framed }) {
            let screen = try capture()
            return isThere(screen) ? screen : nil
        }
    }

    @discardableResult
    func wait(forText text: String, within limit: Duration = .seconds(30)) async throws -> Capture {
        try await wait(for: "‘\(text)’", within: limit) { $0.contains(text) }
    }

    /// Waits until the program has ended, and returns its exit code. If a signal ended it, that is 128 plus the
    /// signal's number.
    func waitForExit(within limit: Duration = .seconds(30)) async throws -> Int {
        try await EndToEndTests.wait(for: "the end of the program", within: limit, state: { try capture().framed }) {
            let text = try? String(contentsOfFile: exitCodeFile, encoding: .utf8)
            return text.flatMap { Int($0.trimmingCharacters(in: .newlines)) }
        }
    }
}

/// The content of a window.
struct Capture: Equatable {
    let rows: [String]

    init(_ text: String) {
        var rows = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if rows.last == "" { rows.removeLast() }
        self.rows = rows
    }

    func contains(_ text: String) -> Bool {
        rows.contains { $0.contains(text) }
    }

    /// The number of rows that contain the text.
    func count(of text: String) -> Int {
        rows.count { $0.contains(text) }
    }

    /// The first row that contains the text.
    func row(of text: String) -> Int? {
        rows.firstIndex { $0.contains(text) }
    }

    /// For a failure's report.
    var framed: String { rows.map { "| \($0)" }.joined(separator: "\n") }
}
