import ChatWire

/// The text under edit and its cursor, with Readline's commands.
///
/// It works on grapheme clusters, so that one key moves over or deletes what a person sees as one character. It holds
/// the text as it was typed; what is painted of it is the concern of `DraftLayout`.
struct LineEditor: Sendable, Equatable {
    private(set) var text = ""
    /// In grapheme clusters from the start.
    private(set) var cursor = 0
    private var killRing = KillRing()
    private var undoStack: [Snapshot] = []
    private var redoStack: [Snapshot] = []
    /// What the last command was, where the next one may continue it.
    private var lastEdit = LastEdit.other
    /// Where Up and Down try to stay, while they follow each other.
    var goalColumn: Int?

    /// So much can be undone.
    static let undoDepth = 100

    private struct Snapshot: Sendable, Equatable {
        var text: String
        var cursor: Int
    }

    private enum LastEdit: Sendable, Equatable {
        case typing, deleting, killing, other
        /// The clusters that were put in, for yank-pop to replace.
        case yanking(Range<Int>)
    }

    /// The commands, by Readline's names where it has them.
    enum Command: Sendable, Hashable, CaseIterable {
        case backwardCharacter, forwardCharacter, backwardWord, forwardWord, beginningOfLine, endOfLine
        case backwardDelete, deleteCharacter, transposeCharacters
        case killLine, backwardKillLine, killWord, backwardKillWord, wordRubout, yank, yankPop
        case undo, redo
    }

    init(_ text: String = "") {
        self.text = Self.cleaned(text)
        cursor = self.text.count
    }

    var isEmpty: Bool { text.isEmpty }

    mutating func perform(_ command: Command) {
        goalColumn = nil
        let characters = Array(text)
        switch command {
        case .backwardCharacter: move(to: cursor - 1)
        case .forwardCharacter: move(to: cursor + 1)
        case .backwardWord: move(to: characters.startOfWord(before: cursor))
        case .forwardWord: move(to: characters.endOfWord(after: cursor))
        case .beginningOfLine: move(to: characters.startOfLine(at: cursor))
        case .endOfLine: move(to: characters.endOfLine(at: cursor))
        case .backwardDelete: delete(max(0, cursor - 1)..<cursor)
        case .deleteCharacter: delete(cursor..<min(characters.count, cursor + 1))
        case .transposeCharacters: transpose(characters)
        case .killLine:
            // At the end of a line it takes the line break, and so joins the next line to this one.
            let end = characters.endOfLine(at: cursor)
            kill(cursor..<(end > cursor ? end : min(characters.count, cursor + 1)), forward: true)
        case .backwardKillLine:
            let start = characters.startOfLine(at: cursor)
            kill((start < cursor ? start : max(0, cursor - 1))..<cursor, forward: false)
        case .killWord: kill(cursor..<characters.endOfWord(after: cursor), forward: true)
        case .backwardKillWord: kill(characters.startOfWord(before: cursor)..<cursor, forward: false)
        case .wordRubout: kill(characters.startOfBlackWord(before: cursor)..<cursor, forward: false)
        case .yank: yank()
        case .yankPop: yankPop()
        case .undo: restore(from: \.undoStack, to: \.redoStack)
        case .redo: restore(from: \.redoStack, to: \.undoStack)
        }
    }

    /// What a key types.
    mutating func type(_ character: Character) {
        // A word is undone at once, not letter by letter.
        if lastEdit != .typing || character.isWhitespace { remember() }
        replace(cursor..<cursor, with: Self.cleaned(String(character)))
        lastEdit = .typing
    }

    /// Puts in a text of several characters, such as a paste.
    mutating func insert(_ inserted: String) {
        remember()
        replace(cursor..<cursor, with: Self.cleaned(inserted))
        lastEdit = .other
    }

    /// Shows another text in place of this one, such as one from the input history. It can be undone.
    mutating func replaceAll(with other: String) {
        remember()
        replace(0..<text.count, with: Self.cleaned(other))
        lastEdit = .other
    }

    /// Empties it, for what was written is on its way. Undo does not bring that back; what was killed can be yanked.
    mutating func clear() {
        let killed = killRing
        self = LineEditor()
        killRing = killed
    }

    mutating func move(to offset: Int) {
        cursor = max(0, min(text.count, offset))
        lastEdit = .other
    }

    /// Line breaks as `\n`, and no other control characters but the tab.
    static func cleaned(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var cleaned = String.UnicodeScalarView()
        var previousWasCarriageReturn = false
        for scalar in text.unicodeScalars {
            defer { previousWasCarriageReturn = scalar == "\r" }
            switch scalar {
            case "\n" where previousWasCarriageReturn: continue
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": cleaned.append("\n")
            case "\t": cleaned.append(scalar)
            default:
                if scalar.properties.generalCategory != .control { cleaned.append(scalar) }
            }
        }
        return String(cleaned)
    }
}

// MARK: - Changes

extension LineEditor {
    /// The cursor ends behind the replacement, or behind the cluster that it became a part of.
    private mutating func replace(_ range: Range<Int>, with replacement: String) {
        goalColumn = nil
        let characters = Array(text)
        let before = String(characters[..<range.lowerBound]) + replacement
        text = before + String(characters[range.upperBound...])
        cursor = min(before.count, text.count)
    }

    private mutating func remember() {
        undoStack.append(Snapshot(text: text, cursor: cursor))
        if undoStack.count > Self.undoDepth { undoStack.removeFirst() }
        redoStack = []
    }

    private mutating func restore(
        from source: WritableKeyPath<LineEditor, [Snapshot]>, to target: WritableKeyPath<LineEditor, [Snapshot]>
    ) {
        lastEdit = .other
        guard let snapshot = self[keyPath: source].popLast() else { return }
        self[keyPath: target].append(Snapshot(text: text, cursor: cursor))
        (text, cursor) = (snapshot.text, snapshot.cursor)
    }

    private mutating func delete(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        if lastEdit != .deleting { remember() }
        replace(range, with: "")
        lastEdit = .deleting
    }

    private mutating func transpose(_ characters: [Character]) {
        let second = min(cursor, characters.count - 1)
        guard cursor > 0, second > 0, !characters[second].isNewline, !characters[second - 1].isNewline else { return }
        remember()
        replace(second - 1..<second + 1, with: String([characters[second], characters[second - 1]]))
        lastEdit = .other
    }
}

// MARK: - The kill ring

extension LineEditor {
    /// Kills in a row go into one entry, so that one yank brings all of them back.
    private mutating func kill(_ range: Range<Int>, forward: Bool) {
        guard !range.isEmpty else { return }
        let killed = String(Array(text)[range])
        if lastEdit == .killing {
            killRing.extend(with: killed, forward: forward)
        } else {
            killRing.push(killed)
        }
        remember()
        replace(range, with: "")
        lastEdit = .killing
    }

    private mutating func yank() {
        guard let killed = killRing.latest else { return }
        remember()
        put(killed, in: cursor..<cursor)
    }

    /// Right after a yank: the entry before, in its place.
    private mutating func yankPop() {
        guard case .yanking(let range) = lastEdit else { return }
        killRing.rotate()
        if let killed = killRing.latest { put(killed, in: range) }
    }

    private mutating func put(_ killed: String, in range: Range<Int>) {
        replace(range, with: killed)
        lastEdit = .yanking(min(range.lowerBound, cursor)..<cursor)
    }
}

/// What was killed, the latest last.
private struct KillRing: Sendable, Equatable {
    private var entries: [String] = []

    var latest: String? { entries.last }

    mutating func push(_ text: String) {
        entries.append(text)
        if entries.count > 30 { entries.removeFirst() }
    }

    mutating func extend(with text: String, forward: Bool) {
        let latest = entries.popLast() ?? ""
        entries.append(forward ? latest + text : text + latest)
    }

    mutating func rotate() {
        if let latest = entries.popLast() { entries.insert(latest, at: 0) }
    }
}

// MARK: - Words and lines

extension [Character] {
    fileprivate func startOfLine(at offset: Int) -> Int {
        (self[..<offset].lastIndex(of: "\n") ?? -1) + 1
    }

    fileprivate func endOfLine(at offset: Int) -> Int {
        self[offset...].firstIndex(of: "\n") ?? count
    }

    /// Words as Readline's Alt keys have them: letters and digits.
    fileprivate func startOfWord(before offset: Int) -> Int {
        guard let end = self[..<offset].lastIndex(where: \.isInWord) else { return 0 }
        return (self[..<end].lastIndex { !$0.isInWord } ?? -1) + 1
    }

    fileprivate func endOfWord(after offset: Int) -> Int {
        guard let start = self[offset...].firstIndex(where: \.isInWord) else { return count }
        return self[start...].firstIndex { !$0.isInWord } ?? count
    }

    /// Words as Ctrl-W has them: whatever stands between white space.
    fileprivate func startOfBlackWord(before offset: Int) -> Int {
        guard let end = self[..<offset].lastIndex(where: { !$0.isWhitespace }) else { return 0 }
        return (self[..<end].lastIndex(where: \.isWhitespace) ?? -1) + 1
    }
}

extension Character {
    fileprivate var isInWord: Bool { isLetter || isNumber }
}
