import ChatWire

/// Editing the input line.
extension Model {
    /// The limit of the input line in UTF-8 bytes. It is far above the limit of a message; a longer text would make
    /// each key noticeably slow.
    public static let maxDraftBytes = 256 * 1024

    /// Inserts text into the query of a search that is being edited, or else into the draft.
    mutating func write(_ text: String, in environment: Environment) -> [Effect] {
        // A user who starts to write has read the help, and wants to see what it covers.
        if app.isHelpShown { app.closeOverlay() }
        switch inputLine {
        case .words: return typeIntoFinder(text)
        case .query:
            conversation?.typeIntoQuery(text, in: app, environment)
            return []
        case .filter, .draft: return insert(text)
        }
    }

    mutating func paste(_ text: String, in environment: Environment) -> [Effect] {
        switch app.overlay {
        case .choices: app.overlay = nil
        case .help, .found, nil: break
        }
        // The filter has a single row.
        let text = inputLine == .filter ? text.split(whereSeparator: \.isNewline).joined(separator: " ") : text
        let effects = write(text, in: environment)
        let lines = text.count(where: \.isNewline) + 1
        if app.notice == nil, inputLine != .query, inputLine != .words, text.count > 200 || lines > 3 {
            app.notice = .pasted(characters: text.count, lines: lines)
        }
        return effects
    }

    mutating func insert(_ text: String) -> [Effect] {
        guard app.insert(text), app.isOnline, conversation != nil, case .message = Submission(draft: app.editor.text)
        else { return [] }
        return [.typing]
    }

    /// Replaces the draft by a text that was edited in another program. It may exceed the limit of a message, but not
    /// `maxDraftBytes`.
    mutating func replaceDraft(withEdited text: String) -> [Effect] {
        guard Self.acceptsEdited(text) else {
            app.notice = app.tooLarge(text)
            return []
        }
        var text = text.hasSuffix("\n") ? String(text.dropLast()) : text
        text.removeByteOrderMark()
        if text != app.editor.text { app.editor.replaceAll(with: text) }
        return reportDraft()
    }

    /// Whether the input line can hold an edited text. The line break that editors add at the end does not count.
    public static func acceptsEdited(_ text: String) -> Bool {
        text.utf8.count - (text.utf8.last == UInt8(ascii: "\n") ? 1 : 0) <= maxDraftBytes
    }

    mutating func reportDraft() -> [Effect] { conversation?.reportDraft(&app.editor) ?? [] }
}

extension AppState {
    /// Whether End scrolls to the bottom: the cursor is already at the end of the draft.
    var endKeyGoesToBottom: Bool { editor.cursor == editor.text.count }

    /// Inserts as much of a text as fits into the input line. False if nothing was inserted.
    fileprivate mutating func insert(_ whole: String) -> Bool {
        let text = whole.prefix(bytes: Model.maxDraftBytes - editor.text.utf8.count)
        if text.utf8.count < whole.utf8.count { notice = tooLarge(whole.dropFirst(text.count)) }
        if text.isEmpty { return false }
        if text.count == 1, let character = text.first { editor.type(character) } else { editor.insert(text) }
        return true
    }

    fileprivate func tooLarge(_ rest: some StringProtocol) -> Notice {
        .pasteTooLarge(characters: rest.count, limit: Model.maxDraftBytes, message: limits.characters)
    }
}

extension String {
    /// The longest prefix of whole characters that fits into this number of UTF-8 bytes.
    fileprivate func prefix(bytes: Int) -> String {
        if utf8.count <= bytes { return self }
        var rest = max(0, bytes)
        return String(
            prefix { character in
                rest -= character.utf8.count
                return rest >= 0
            })
    }
}
