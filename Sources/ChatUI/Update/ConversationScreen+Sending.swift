import ChatWire
import ClientUpdates

/// Sending: the draft, messages on their way, and failed messages.
extension ConversationScreen {
    /// Reports the draft if it has changed since the last report. Before the first one it is settled what it is about.
    mutating func reportDraft(_ editor: inout LineEditor) -> [Effect] {
        editor.begin(about: state.productToBegin)
        let draft = inputHistory.unsaved(with: editor.draft)
        let (text, reported) = (draft.text.utf8, reportedDraft.text.utf8)
        guard text.count != reported.count || !text.elementsEqual(reported) || draft.product != reportedDraft.product
        else { return [] }
        reportedDraft = draft
        hasReportedDraft = true
        return [.draftChanged(draft)]
    }

    /// Restores the draft that was saved earlier. If the user has typed something in the meantime, it waits until that
    /// was sent, or until Down goes to it: text that comes into the line while the user types might be sent by mistake.
    mutating func restoreDraft(_ stored: Draft, in app: inout AppState) -> [Effect] {
        let draft = Draft(LineEditor.sanitized(stored.text), product: stored.product)
        guard !draft.isEmpty else { return [] }
        app.editor.begin(about: state.productToBegin)
        let unsaved = inputHistory.unsaved(with: app.editor.draft)
        if unsaved.isEmpty {
            app.editor.replaceAll(with: draft)
        } else if draft.text != restoredDraft, draft.text != unsaved.text {
            if let restoredDraft, draft.text.hasPrefix(restoredDraft + "\n"), app.editor.text == restoredDraft {
                app.editor.replaceAll(with: draft)
            } else {
                inputHistory.wait(draft, behind: app.editor.draft)
            }
        }
        let now = inputHistory.unsaved(with: app.editor.draft)
        guard hasReportedDraft || now.text != draft.text else {
            reportedDraft = draft
            return []
        }
        // The client may have put another text in the place of the one that was reported.
        (reportedDraft, hasReportedDraft) = (now, true)
        return [.draftChanged(now)]
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
            let excess = MessageLimits.trimmed(text).count - app.limits.characters
            app.notice =
                excess > 0
                ? .tooLong(characters: excess, bytes: count - limit, app.limits)
                : .tooManyBytes(excess: count - limit, limit: limit)
            return []
        case .empty, .containsNUL: return []  // a submitted draft is neither
        case nil: break
        }
        let id = environment.newID()
        let product = state.named(app.editor.draft.product ?? state.productToBegin)
        // The message is shown once it is on disk.
        state.beginSaving(id, UntrustedText(text), draft: app.editor.text, about: product, createdAt: environment.now)
        app.sent.add(Submission.draft(of: text))
        hasReportedDraft = true
        app.editor.clear()
        let draft = inputHistory.backToDraft()
        if !draft.isEmpty {
            app.editor.replaceAll(with: draft)
            reportedDraft = draft
        }
        app.overlay = nil
        search = nil
        selected = nil
        new.first = nil
        new.isMarkerAwaited = false
        goToBottom()
        // Sending removes the saved draft, so the one that waited is saved after it.
        return [.send(id: id, text: text, product: product)] + (draft.isEmpty ? [] : [.draftChanged(draft)])
    }

    /// The failed message that the keys act on: the selected one, or else the oldest.
    var failed: Transcript.Pending? {
        let chosen = state.transcript.pending.first { .pending($0.id) == selected && $0.status != .waiting }
        return chosen ?? state.transcript.firstFailed
    }

    private func nothingFailed(_ use: Notice.UseOfFailed) -> Notice {
        state.transcript.pending.isEmpty && state.unsaved.isEmpty ? .nothingFailed(use) : .resendsAutomatically
    }

    mutating func resend(in app: inout AppState) -> [Effect] {
        guard let failed else {
            app.notice = nothingFailed(.resend)
            return []
        }
        guard app.isOnline else {
            app.notice = app.notKept == nil ? .offline : .offlineNotKept
            return []
        }
        goToBottom()
        return [state.resend(failed)]
    }

    /// Puts the text of the failed message into the input line, and deletes the message. Down goes back to the draft,
    /// which also comes back once the text was sent.
    mutating func takeBack(in app: inout AppState) -> [Effect] {
        guard let failed else {
            app.notice = nothingFailed(.takeBack)
            return []
        }
        let draft = Draft(Submission.draft(of: failed.text.wire), product: failed.product)
        inputHistory.recall(draft, leaving: app.editor.draft)
        app.editor.replaceAll(with: draft)
        return discard(in: &app)
    }

    mutating func discard(in app: inout AppState) -> [Effect] {
        guard let failed else {
            app.notice = nothingFailed(.discard)
            return []
        }
        goToBottom()
        return state.discard(failed).map { [$0] } ?? []
    }
}
