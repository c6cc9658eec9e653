import ChatWire
import ClientUpdates

/// The text that is being edited and its cursor, with Readline's commands.
///
/// It works on grapheme clusters, so that one key moves over or deletes what a person sees as one character. It stores
/// the text as typed; `DraftLayout` decides how it is shown.
///
/// A paste may be long. So a key reads only the text around the cursor, and clusters are counted as rarely as possible.
struct LineEditor: Sendable, Equatable {
    private(set) var text = ""
    /// In grapheme clusters from the start.
    private(set) var cursor = 0
    /// What the text is about as a draft. Undoing brings it back with the text.
    private var product: Product?
    private var killRing = KillRing()
    private var undoStack: [Snapshot] = []
    private var redoStack: [Snapshot] = []
    /// The last command, if the next one may continue it.
    private var lastEdit = LastEdit.other
    /// The column that Up and Down try to return to, while they follow each other.
    var goalColumn: Int?

    /// The number of changes that can be undone.
    static let undoDepth = 100

    private struct Snapshot: Sendable, Equatable {
        var text: String
        var cursor: Int
        var product: Product?
    }

    private enum LastEdit: Sendable, Equatable {
        case typing, deleting, killing, other
        /// The range that was yanked, in clusters. Yank-pop replaces it.
        case yanking(Range<Int>)
    }

    /// The commands, with Readline's names where they exist.
    enum Command: Sendable, Hashable, CaseIterable {
        case backwardCharacter, forwardCharacter, backwardWord, forwardWord, beginningOfLine, endOfLine
        case backwardDelete, deleteCharacter, transposeCharacters
        case killLine, backwardKillLine, killAll, killWord, backwardKillWord, wordRubout, yank, yankPop
        case undo, redo
    }

    init(_ text: String = "") {
        self.text = Self.sanitized(text)
        cursor = self.text.count
    }

    var isEmpty: Bool { text.isEmpty }
    var draft: Draft { Draft(text, product: product) }

    mutating func perform(_ command: Command) {
        goalColumn = nil
        let (before, after) = halves
        switch command {
        case .backwardCharacter: move(by: before.isEmpty ? 0 : -1)
        case .forwardCharacter: move(by: after.isEmpty ? 0 : 1)
        case .backwardWord: move(by: -before.lastWord)
        case .forwardWord: move(by: after.firstWord)
        case .beginningOfLine: move(by: -before.lastLine)
        case .endOfLine: move(by: after.firstLine)
        case .backwardDelete: delete(cursor - (before.isEmpty ? 0 : 1)..<cursor)
        case .deleteCharacter: delete(cursor..<cursor + (after.isEmpty ? 0 : 1))
        case .transposeCharacters: transpose()
        case .killLine:
            // At the end of a line it removes the line break, and so joins the next line.
            kill(cursor..<cursor + max(after.firstLine, after.isEmpty ? 0 : 1), forward: true)
        case .backwardKillLine:
            kill(cursor - max(before.lastLine, before.isEmpty ? 0 : 1)..<cursor, forward: false)
        case .killAll: kill(0..<text.count, forward: true)
        case .killWord: kill(cursor..<cursor + after.firstWord, forward: true)
        case .backwardKillWord: kill(cursor - before.lastWord..<cursor, forward: false)
        case .wordRubout: kill(cursor - before.lastWhitespaceWord..<cursor, forward: false)
        case .yank: yank()
        case .yankPop: yankPop()
        case .undo: restore(from: \.undoStack, to: \.redoStack)
        case .redo: restore(from: \.redoStack, to: \.undoStack)
        }
    }

    /// Inserts the character that a key types.
    mutating func type(_ character: Character) {
        // One undo removes a whole word, not a letter.
        if lastEdit != .typing || character.isWhitespace { pushUndo() }
        replace(cursor..<cursor, with: Self.sanitized(String(character)))
        lastEdit = .typing
    }

    /// Inserts a text of several characters, such as a paste.
    mutating func insert(_ inserted: String) {
        pushUndo()
        replace(cursor..<cursor, with: Self.sanitized(inserted))
        lastEdit = .other
    }

    /// Replaces the text, for example by one from the input history. It can be undone.
    mutating func replaceAll(with other: String) {
        pushUndo()
        replace(0..<text.count, with: Self.sanitized(other))
        lastEdit = .other
    }

    /// Replaces the draft by another one, which brings what it is about.
    mutating func replaceAll(with draft: Draft) {
        replaceAll(with: draft.text)
        product = draft.product
    }

    /// Begins the draft: it is about this product, unless it is about one already.
    mutating func begin(about product: @autoclosure () -> Product?) {
        if isEmpty { self.product = nil } else if self.product == nil { self.product = product() }
    }

    /// The user chose what the draft is about. Nil if it is to begin again. It can be undone.
    mutating func choose(_ product: Product?) {
        pushUndo()
        self.product = product
        lastEdit = .other
    }

    /// Removes the text after it was sent. Undo does not restore it; the kill ring is kept.
    mutating func clear() {
        let killed = killRing
        self = LineEditor()
        killRing = killed
    }

    mutating func move(to offset: Int) {
        cursor = max(0, min(text.count, offset))
        lastEdit = .other
    }

    private mutating func move(by distance: Int) {
        cursor += distance
        lastEdit = .other
    }

    /// The text before and after the cursor.
    var halves: (before: Substring, after: Substring) {
        let place = text.index(text.startIndex, offsetBy: cursor)
        return (text[..<place], text[place...])
    }

    /// Normalises line breaks to `\n`, and removes all other control characters except the tab.
    static func sanitized(_ text: String) -> String {
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
    /// Replaces a range. The cursor ends after the replacement, or after the cluster that the replacement became a part
    /// of.
    private mutating func replace(_ range: Range<Int>, with replacement: String) {
        goalColumn = nil
        let start = text.index(text.startIndex, offsetBy: range.lowerBound)
        let end = text.index(start, offsetBy: range.count)
        // The clusters before the last one do not depend on what follows (UAX #29).
        let last = text[..<start].suffix(1)
        cursor = range.lowerBound - last.count + (last + replacement).count
        text.replaceSubrange(start..<end, with: replacement)
    }

    private mutating func pushUndo() {
        undoStack.append(Snapshot(text: text, cursor: cursor, product: product))
        if undoStack.count > Self.undoDepth { undoStack.removeFirst() }
        redoStack = []
    }

    private mutating func restore(
        from source: WritableKeyPath<LineEditor, [Snapshot]>, to target: WritableKeyPath<LineEditor, [Snapshot]>
    ) {
        lastEdit = .other
        guard let snapshot = self[keyPath: source].popLast() else { return }
        self[keyPath: target].append(Snapshot(text: text, cursor: cursor, product: product))
        (text, cursor, product) = (snapshot.text, snapshot.cursor, snapshot.product)
    }

    private mutating func delete(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        if lastEdit != .deleting { pushUndo() }
        replace(range, with: "")
        lastEdit = .deleting
    }

    private mutating func transpose() {
        let (before, after) = halves
        let pair = after.isEmpty ? before.suffix(2) : before.suffix(1) + after.prefix(1)
        guard pair.count == 2, !pair.contains(where: \.isNewline), !before.isEmpty else { return }
        pushUndo()
        let start = cursor - (after.isEmpty ? 2 : 1)
        replace(start..<start + 2, with: String(pair.reversed()))
        lastEdit = .other
    }
}

// MARK: - The kill ring

extension LineEditor {
    /// Consecutive kills are joined into one entry, so that one yank restores all of them.
    private mutating func kill(_ range: Range<Int>, forward: Bool) {
        guard !range.isEmpty else { return }
        let start = text.index(text.startIndex, offsetBy: range.lowerBound)
        let killed = String(text[start...].prefix(range.count))
        if lastEdit == .killing {
            killRing.extend(with: killed, forward: forward)
        } else {
            killRing.push(killed)
        }
        pushUndo()
        replace(range, with: "")
        lastEdit = .killing
    }

    private mutating func yank() {
        guard let killed = killRing.latest else { return }
        pushUndo()
        put(killed, in: cursor..<cursor)
    }

    /// Replaces the text that was just yanked by the previous entry of the kill ring.
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

/// The killed texts, the latest last.
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

/// The lengths of lines and words at the edges of a text, in clusters.
extension Substring {
    fileprivate var lastLine: Int { countAtEnd { $0 != "\n" } }
    fileprivate var firstLine: Int { prefix { $0 != "\n" }.count }

    /// A word as in Readline's Alt commands: letters and digits, with the other characters between them and the cursor.
    fileprivate var lastWord: Int { countAtEnd(past: { !$0.isInWord }, \.isInWord) }

    fileprivate var firstWord: Int {
        let gap = prefix { !$0.isInWord }
        return gap.count + self[gap.endIndex...].prefix(while: \.isInWord).count
    }

    /// A word as in Readline's Ctrl-W: everything up to white space.
    fileprivate var lastWhitespaceWord: Int { countAtEnd(past: \.isWhitespace) { !$0.isWhitespace } }

    private func countAtEnd(past gap: (Character) -> Bool = { _ in false }, _ belongs: (Character) -> Bool) -> Int {
        var (count, place, isInGap) = (0, endIndex, true)
        while place > startIndex {
            let previous = index(before: place)
            isInGap = isInGap && gap(self[previous])
            guard isInGap || belongs(self[previous]) else { break }
            (count, place) = (count + 1, previous)
        }
        return count
    }
}

extension Character {
    fileprivate var isInWord: Bool { isLetter || isNumber }
}
