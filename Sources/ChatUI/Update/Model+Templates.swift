import ChatWire

/// Templates: the command `/t` and the list of them. A template is only put into the draft; nothing is sent
/// before the user presses Enter.
extension Model {
    private var templates: [Template] { preferences.templates }

    mutating func showTemplates() {
        guard !app.isWindowTooSmall else { return }
        guard let list = Choices(templates: templates) else {
            app.notice = .noTemplates
            return
        }
        app.overlay = .choices(list)
    }

    /// Performs `/t`: without a name it shows the list. The text after the name stays behind the template's.
    mutating func useTemplate(_ argument: String) -> [Effect] {
        guard conversation != nil else {
            app.notice = .onlyInConversation
            return []
        }
        if argument.isEmpty || templates.isEmpty {
            if !templates.isEmpty { app.editor.clear() }
            showTemplates()
            return []
        }
        guard let (template, separator, rest) = templates.named(atStartOf: argument) else {
            app.notice = .unknownTemplate(argument, nearest: templates.names(near: argument))
            return []
        }
        app.editor.replaceAll(with: rest)
        app.editor.move(to: 0)
        return put(template, before: rest.isEmpty ? "" : separator)
    }

    /// Inserts a template into the draft at the cursor. What is already in the draft stays.
    mutating func put(_ template: Template, before separator: String = "") -> [Effect] {
        guard let conversation else { return [] }
        app.overlay = nil
        let filled = template.filled(conversation.state.templateValues(of: app.editor.draft.product))
        let text = LineEditor.sanitized(filled.text)
        let before = String(app.editor.halves.before)
        let space = before.last.map { !$0.isWhitespace } == true ? " " : ""
        let effects = insert(space + text + separator)
        if let first = filled.missing.first, let range = text.firstRange(of: first.written) {
            app.notice = .fillIn(filled.missing)
            app.editor.move(to: (before + space + text[..<range.upperBound]).count)
        }
        return effects
    }

    /// Whether a text may be sent. A placeholder in it was most likely meant to be filled in, so the first Enter only
    /// says so; the second one sends it as it is.
    mutating func mayBeSent(_ text: String, after earlier: Notice?) -> Bool {
        guard !templates.isEmpty, let left = Template.firstPlaceholder(in: text), earlier != .placeholderLeft(left)
        else { return true }
        app.notice = .placeholderLeft(left)
        return false
    }
}

extension ConversationState {
    /// What is known for a template's placeholders.
    ///
    /// - Parameter draft: What the draft is about. Nil if there is none.
    func templateValues(of draft: Product?) -> [Template.Placeholder: String] {
        let known = [Template.Placeholder.name: peerName.text, .product: subject(of: draft)?.title]
        return known.compactMapValues { $0 }.filter(\.value.isVisible)
            .mapValues { MessageLimits.trimmed($0.displayed()) }
    }
}
