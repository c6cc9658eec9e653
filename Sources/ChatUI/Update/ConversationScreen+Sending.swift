import ChatWire

/// Sending: the draft, messages on their way, and failed messages.
extension ConversationScreen {
    /// Reports the draft if it has changed since the last report.
    mutating func reportDraft(_ editor: LineEditor) -> [Effect] {
        let (text, reported) = (editor.text.utf8, reportedDraft.utf8)
        guard text.count != reported.count || !text.elementsEqual(reported) else { return [] }
        reportedDraft = editor.text
        return [.draftChanged(editor.text)]
    }

    /// Restores the draft that was saved earlier. If the user has typed something in the meantime, Up recalls it
    /// instead.
    mutating func restoreDraft(_ text: String, in app: inout AppState) {
        guard !LineEditor.sanitized(text).isEmpty, text != restoredDraft else { return }
        guard app.editor.isEmpty else {
            inputHistory.push(text)
            return
        }
        app.editor.insert(text)
        reportedDraft = app.editor.text
    }

    /// Sends a text. If it cannot be sent, it remains in the input line, and a notice says why.
    mutating func send(_ text: String, in app: inout AppState, _ environment: Environment) -> [Effect] {
        guard app.isOnline else {
            app.notice = app.notKept == nil ? .offline : .offlineNotKept
            return []
        }
        switch app.limits.check(text) {
        case .tooManyCharacters(let count, let limit):
            app.notice = .tooManyCharacters(excess: count - limit, limit: limit)
            return []
        case .tooManyBytes(let count, let limit):
            app.notice = .tooManyBytes(excess: count - limit, limit: limit)
            return []
        case .empty, .containsNUL: return []  // a submitted draft is neither
        case nil: break
        }
        let id = environment.newID()
        let product = state.products.chosen
        // The message is shown once it is on disk.
        state.beginSaving(id, UntrustedText(text), draft: app.editor.text, about: product, createdAt: environment.now)
        inputHistory.push(app.editor.text)
        app.editor.clear()
        app.overlay = nil
        search = nil
        selected = nil
        new.first = nil
        new.isMarkerAwaited = false
        goToBottom()
        return [.send(id: id, text: text, product: product)]
    }

    /// The failed message that the keys act on: the selected one, or else the oldest.
    var failed: Transcript.Pending? {
        let chosen = state.transcript.pending.first { .pending($0.id) == selected && $0.status != .waiting }
        return chosen ?? state.transcript.firstFailed
    }

    private var nothingFailed: Notice {
        state.transcript.pending.isEmpty && state.unsaved.isEmpty ? .nothingToResend : .resendsAutomatically
    }

    mutating func resend(in app: inout AppState) -> [Effect] {
        guard let failed else {
            app.notice = nothingFailed
            return []
        }
        guard app.isOnline else {
            app.notice = app.notKept == nil ? .offline : .offlineNotKept
            return []
        }
        goToBottom()
        return [state.resend(failed)]
    }

    mutating func discard(in app: inout AppState) -> [Effect] {
        guard let failed else {
            app.notice = nothingFailed
            return []
        }
        goToBottom()
        return state.discard(failed).map { [$0] } ?? []
    }
}
