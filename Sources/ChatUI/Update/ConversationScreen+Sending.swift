import ChatWire

/// What the user writes: the draft, messages on their way, and those that failed.
extension ConversationScreen {
    /// Tells the world of the draft, if it is another one than the last time.
    mutating func reportDraft(_ editor: LineEditor) -> [Effect] {
        let (text, reported) = (editor.text.utf8, reportedDraft.utf8)
        guard text.count != reported.count || !text.elementsEqual(reported) else { return [] }
        reportedDraft = editor.text
        return [.draftChanged(editor.text)]
    }

    /// What the last window left. It does not push aside what was typed meanwhile, but Up recalls it.
    mutating func restoreDraft(_ text: String, in app: inout AppState) {
        guard !LineEditor.cleaned(text).isEmpty, text != restoredDraft else { return }
        guard app.editor.isEmpty else {
            inputHistory.push(text)
            return
        }
        app.editor.insert(text)
        reportedDraft = app.editor.text
    }

    /// What was written goes away only when it can be on its way; otherwise it stays and a notice says why.
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
        case .empty, .containsNUL: return []  // the draft is neither
        case nil: break
        }
        let id = environment.newID()
        // It is shown when it is on disk.
        state.beginSaving(id, UntrustedText(text), draft: app.editor.text, createdAt: environment.now)
        inputHistory.push(app.editor.text)
        app.editor.clear()
        app.overlay = nil
        search = nil
        selected = nil
        new.first = nil
        new.isLineAwaited = false
        goToBottom()
        return [.send(id: id, text: text)]
    }

    /// What the keys for unsent messages act upon: the selected one, or else the oldest.
    var failed: Transcript.Pending? {
        let chosen = state.transcript.pending.first { .pending($0.id) == selected && $0.status != .waiting }
        return chosen ?? state.transcript.firstFailed
    }

    private var nothingFailed: Notice {
        state.transcript.pending.isEmpty && state.unsaved.isEmpty ? .nothingToResend : .sendsItself
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
