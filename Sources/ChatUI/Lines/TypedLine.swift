import ChatWire

/// The line that the user types into the conversation as lines, on a terminal, with the keys of the input line.
///
/// It says what to write so that the terminal shows it. A key at the end of the line writes only what it adds or
/// removes, because a screen reader speaks everything that is written.
public struct TypedLine: Sendable {
    public enum Output: Sendable, Equatable {
        /// Write this as it is. It is safe to show.
        case echo(String)
        case line(String)
        /// A line that was discarded because it had far more bytes than a message may have.
        case tooLong(bytes: Int)
        /// The user ended the input.
        case end
    }

    private var editor = LineEditor()
    private let keys = KeyBindings.standard
    /// What the terminal shows now.
    private var shown = Shown()
    /// The bytes that did not fit.
    private var excess = 0
    private let width: CharacterWidth
    /// The terminal's size.
    public var columns: Int
    public var rows: Int

    private static let maxBytes = 64 * 1024

    private struct Shown: Sendable {
        /// Those around the cursor, if the line has more rows than the terminal can erase later.
        var rows = [""]
        /// The width of each row in cells.
        var widths = [0]
        var cursor = Position(row: 0, column: 0)
        var isAtEnd = true
    }

    public init(columns: Int, rows: Int, width: CharacterWidth) {
        self.columns = columns
        self.rows = rows
        self.width = width
    }

    public mutating func handle(_ inputs: [Input]) -> [Output] {
        var (output, typed) = ([Output](), "")
        for input in inputs {
            if case .key(let key) = input, keys.action(for: key) == nil, let character = key.typed {
                typed.append(character)
                continue
            }
            insert(typed)
            typed = ""
            handle(input, &output)
        }
        insert(typed)
        let changes = repaint()
        return changes.isEmpty ? output : output + [.echo(changes)]
    }

    private mutating func handle(_ input: Input, _ output: inout [Output]) {
        switch input {
        case .paste(let text):
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            for (index, line) in lines.enumerated() {
                if index > 0 { enter(&output) }
                insert(String(line))
            }
        case .key(let key):
            guard let action = keys.action(for: key) else { return }
            if action == .send || action == .newLine { return enter(&output) }
            if action == .deleteOrQuit, editor.isEmpty, excess == 0 { return output.append(.end) }
            if let command = Self.command(for: action) { editor.perform(command) }
            if action == .complete { insert("\t") }
        case .focus, .wheel, .click: break
        }
    }

    private static func command(for action: Action) -> LineEditor.Command? {
        if case .edit(let command) = action { return command }
        let others: [Action: LineEditor.Command] = [
            .deleteOrQuit: .deleteCharacter, .home: .beginningOfLine, .end: .endOfLine, .forward: .forwardCharacter,
        ]
        return others[action]
    }

    private mutating func insert(_ text: String) {
        guard !text.isEmpty else { return }
        guard excess == 0, editor.text.utf8.count + text.utf8.count <= Self.maxBytes else {
            return excess += text.utf8.count
        }
        if text.count == 1, let character = text.first { editor.type(character) } else { editor.insert(text) }
    }

    private mutating func enter(_ output: inout [Output]) {
        editor.move(to: editor.text.count)
        output.append(.echo(repaint(all: true) + "\n"))
        let bytes = editor.text.utf8.count + excess
        output.append(excess > 0 ? .tooLong(bytes: bytes) : .line(editor.text))
        editor.clear()
        (shown, excess) = (Shown(), 0)
    }
}

// MARK: - On the terminal

extension TypedLine {
    /// What to write around a line that arrives, so that it stands above what is typed.
    public mutating func around(_ line: String) -> String {
        let erasing = erasing
        shown = Shown()
        return erasing + line + "\n" + repaint()
    }

    /// What to write when the terminal shows nothing of the line any more.
    public mutating func shownAgain() -> String {
        shown = Shown()
        return repaint()
    }

    /// Whether nothing is typed.
    public var isEmpty: Bool { editor.isEmpty }

    private var erasing: String {
        shown.rows == [""] ? "" : "\r" + Self.move(shown.cursor.row, "A") + "\u{1B}[J"
    }

    private static func move(_ count: Int, _ direction: String) -> String {
        count > 0 ? "\u{1B}[\(count)\(direction)" : ""
    }

    /// Returns what changes the terminal from what it shows to what is typed.
    /// - Parameter all: Whether a line of more rows than the terminal has is shown whole. It cannot be erased any more.
    private mutating func repaint(all: Bool = false) -> String {
        // At the end of a full row, terminals differ in where the cursor is, so the last column stays empty.
        let columns = max(2, columns - 1)
        let layout = DraftLayout(editor, columns: columns, width: width)
        let visible = all ? layout.rows.indices : visibleRows(of: layout)
        var next = Shown()
        // The spaces at the end of a row may exceed it. The terminal would continue them on a row of its own.
        let rows = layout.rows[visible].map { Array($0.glyphs.prefix(fitting: columns)) }
        next.rows = rows.map { $0.map(\.text).joined() }
        next.widths = rows.map(\.totalWidth)
        next.cursor = Position(row: layout.cursor.row - visible.lowerBound, column: layout.cursor.column)
        next.isAtEnd = editor.cursor == editor.text.count
        defer { shown = next }
        return shortChange(to: next) ?? erasing + Self.painting(next)
    }

    /// The rows that fit below one row of the conversation. The cursor cannot reach what has left the terminal at its
    /// top.
    private func visibleRows(of layout: DraftLayout) -> Range<Int> {
        let count = min(layout.rows.count, max(1, rows - 1))
        // Of a long line, the cursor's row is the last one that is shown.
        let first = max(0, layout.cursor.row - count + 1)
        return first..<first + count
    }

    /// The change at the end of the last row, and the rows that follow it now. Nil for another change.
    private func shortChange(to next: Shown) -> String? {
        if next.rows == shown.rows, next.cursor == shown.cursor { return "" }
        let last = shown.rows.count - 1
        guard shown.isAtEnd, next.isAtEnd, last < next.rows.count, shown.rows[..<last] == next.rows[..<last]
        else { return nil }
        let (old, new) = (shown.rows[last], next.rows[last])
        let more = next.rows[(last + 1)...].map { "\n" + $0 }.joined()
        if new.hasPrefix(old) { return String(new.dropFirst(old.count)) + more }
        // A word that has become too long for the row leaves it, too.
        let removed = shown.widths[last] - next.widths[last]
        guard old.hasPrefix(new), removed > 0 else { return nil }
        return String(repeating: "\u{8}", count: removed) + "\u{1B}[K" + more
    }

    private static func painting(_ shown: Shown) -> String {
        var text = shown.rows.joined(separator: "\n")
        if !shown.isAtEnd {
            text += move(shown.rows.count - 1 - shown.cursor.row, "A") + "\r" + move(shown.cursor.column, "C")
        }
        return text
    }
}
