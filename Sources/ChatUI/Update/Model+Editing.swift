import ChatWire

/// What is typed into the line at the bottom.
extension Model {
    /// Far more than any message may have; beyond it, each key would take noticeable time.
    public static let maxDraftBytes = 256 * 1024

    /// Into the query where one is typed, else into the draft.
    mutating func write(_ text: String, in environment: Environment) -> [Effect] {
        if inputLine == .query {
            conversation?.typeIntoQuery(text, in: app, environment)
            return []
        }
        // Whoever writes has read it, and wants to see what they write about.
        if case .help = app.overlay { app.overlay = nil }
        return insert(text)
    }

    mutating func paste(_ text: String, in environment: Environment) -> [Effect] {
        if case .links = app.overlay { app.overlay = nil }
        // The filter has one row.
        let text = inputLine == .filter ? text.split(whereSeparator: \.isNewline).joined(separator: " ") : text
        let effects = write(text, in: environment)
        let lines = text.count(where: \.isNewline) + 1
        if app.notice == nil, inputLine != .query, text.count > 200 || lines > 3 {
            app.notice = .pasted(characters: text.count, lines: lines)
        }
        return effects
    }

    mutating func insert(_ text: String) -> [Effect] {
        guard app.insert(text), app.isOnline, conversation != nil, case .message = Submission(draft: app.editor.text)
        else { return [] }
        return [.typing]
    }

    /// What came back from another program takes the draft's place, however much it is: the counter tells.
    mutating func takeEdited(_ text: String) -> [Effect] {
        guard Self.takesEdited(text) else {
            app.notice = app.tooLarge(text)
            return []
        }
        var text = text.hasSuffix("\n") ? String(text.dropLast()) : text
        text.removeByteOrderMark()
        if text != app.editor.text { app.editor.replaceAll(with: text) }
        return reportDraft()
    }

    /// Editors put a line break at the end, which does not count.
    public static func takesEdited(_ text: String) -> Bool {
        text.utf8.count - (text.utf8.last == UInt8(ascii: "\n") ? 1 : 0) <= maxDraftBytes
    }

    mutating func reportDraft() -> [Effect] { conversation?.reportDraft(app.editor) ?? [] }
}

extension AppState {
    /// Whether End has nothing to do in the draft: it is empty, or the cursor is behind its last character.
    var endKeyGoesToBottom: Bool { editor.cursor == editor.text.count }

    /// Puts in as much of a text as the line takes. False: that is nothing.
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

    /// As a shell does it: as far as it is certain, and then the choices.
    mutating func completeCommand() {
        let commands = SlashCommand.completions(of: editor.text)
        guard let first = commands.first else { return }
        let names = commands.map(\.name)
        let common = names.dropFirst().reduce(first.name[...]) { $0.commonPrefix(with: $1) }
        let completed = "/\(common)" + (commands.count == 1 && first.takesText ? " " : "")
        if completed != editor.text { editor.replaceAll(with: completed) }
        if commands.count > 1 { notice = .commands(names) }
    }
}

extension String {
    /// The characters of its beginning that fit into so many bytes of UTF-8.
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

extension Substring {
    fileprivate func commonPrefix(with other: String) -> Substring {
        prefix(zip(self, other).prefix { $0 == $1 }.count)
    }
}
