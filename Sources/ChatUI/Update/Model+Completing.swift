import ChatWire
import TextSearch

/// Completing commands and what follows them, as a shell does: up to the first difference, and then the choices are
/// shown.
extension Model {
    mutating func complete() {
        let draft = app.editor.text
        if let typed = TypedCommand(draft), let command = typed.command, draft.contains(where: \.isWhitespace) {
            completeArgument(typed.argument, of: command)
        } else if conversation != nil, let command = SlashCommand.named(draft) {
            // Somebody who wants a completion has meant the command.
            app.editor.replaceAll(with: command.beginning)
        } else {
            completeName(draft)
        }
    }

    private mutating func completeName(_ draft: String) {
        let commands = SlashCommand.completions(of: draft)
        guard let first = commands.first else { return }
        let names = commands.map(\.name)
        let completed = commands.count == 1 ? first.beginning : "/\(names.commonBeginning)"
        if completed != draft { app.editor.replaceAll(with: completed) }
        if commands.count > 1 { app.notice = .commands(names) }
    }

    private mutating func completeArgument(_ start: String, of command: SlashCommand) {
        guard command.takesArgument else {
            app.notice = .commandTakesNoText(
                command.name, isAboutConversation: command.action.isAboutConversation)
            return
        }
        guard let values = values(of: command.action) else {
            if conversation == nil { app.notice = .onlyInConversation }
            return
        }
        let wanted = KeyboardLayout.readings(of: start.lowercased())
        let found = values.filter { value in
            [value.text, value.written].contains { text in wanted.contains(where: text.lowercased().hasPrefix) }
        }
        // What cannot be seen in the input line is not written there.
        let common = found.flatMap { [$0.written, $0.shown] }.commonBeginning
        if common.count >= start.count, !found.isEmpty, command.beginning + common != app.editor.text {
            app.editor.replaceAll(with: command.beginning + common)
        }
        if found.count > 1 || found.contains(where: { $0.written != $0.shown }) {
            app.notice = .completions(found.map(\.shown))
        }
    }

    /// What may follow a command. Nil if it cannot be known, or only in a conversation.
    private func values(of action: Action) -> [Value]? {
        switch action {
        case .list(.inbox):
            return app.inbox.all.compactMap { id in
                guard let written = NamedConversation.written(id.wire) else { return nil }
                let shown = NamedConversation.written(id.displayed) ?? id.displayed
                return Value(text: id.wire, written: written, shown: shown)
            }
        case .list(.find), .conversation(.search): return []
        case .conversation(let action):
            guard let state = conversation?.state else { return nil }
            switch action {
            case .template: return preferences.templates.map { Value($0.name) }
            case .product:
                let products = state.products.choices(in: state.transcript, and: app.editor.draft.product)
                return NamedProducts(products).written.map {
                    Value(text: $0.title, written: $0.written, shown: $0.written)
                }
            case .date: return app.texts.daysToComplete.map { Value($0) }
            case .search, .searchOlder, .searchNewer, .copy, .quote, .links, .templates, .resend, .takeBack, .discard,
                .block, .unblock:
                return []
            }
        case .send, .newLine, .edit, .complete, .editExternally, .deleteOrQuit, .rowUp, .rowDown, .home, .end, .pageUp,
            .pageDown, .toTop, .toBottom, .forward, .selectOlder, .selectNewer, .escape, .list, .program:
            return []
        }
    }
}

/// A text that may follow a command.
private struct Value {
    /// What the user begins to type.
    let text: String
    /// How it is written so that it is understood, with quotes if it needs them.
    let written: String
    /// What a reader sees of it. An ID with invisible characters differs from what is written.
    let shown: String

    init(text: String, written: String, shown: String) {
        (self.text, self.written, self.shown) = (text, written, shown)
    }
    init(_ text: String) { self.init(text: text, written: text, shown: text) }
}

extension SlashCommand {
    /// The command with this name, without the slash and in either keyboard layout.
    fileprivate static func named(_ word: String) -> SlashCommand? {
        let latin = TypedCommand.latin("/" + word)
        return word.isEmpty ? nil : all.first { $0.name == latin }
    }

    /// What a draft begins with that is this command.
    fileprivate var beginning: String { "/" + name + (takesArgument ? " " : "") }
}

extension [String] {
    /// The longest text that all of them begin with.
    fileprivate var commonBeginning: String {
        guard let first else { return "" }
        return String(
            dropFirst().reduce(first[...]) { common, other in
                common.prefix(zip(common, other).prefix { $0 == $1 }.count)
            })
    }
}
