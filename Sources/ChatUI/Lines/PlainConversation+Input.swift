import ChatWire
import ClientUpdates

// What the user writes: messages and commands, a line each.

extension PlainConversation {
    mutating func take(line: String, in environment: Environment) {
        switch Submission(draft: line) {
        case .nothing: break
        case .message(let text): send(text, in: environment)
        case .command(.help, _): for line in texts.plainHelp { say(line) }
        case .command(.resend, _): resend(in: environment)
        case .command(.discard, _): discard()
        case .command(.reconnect, _): want(.reconnectNow)
        case .command(.block, _): setBlocked(true)
        case .command(.unblock, _): setBlocked(false)
        case .command(.quit, _): want(.quit)
        case .command:
            hasFailed = true
            let name = MessageLimits.trimmed(line).dropFirst().prefix { !$0.isWhitespace }
            say(texts.onlyOnScreen(String(name)))
        case .unknownCommand(let name):
            hasFailed = true
            let shown = excerpt(UntrustedText(name))
            say(texts.notice(.unknownCommand(shown, nearest: SlashCommand.nearest(to: name), asText: true)))
        case .wordyCommand(let name, let action):
            hasFailed = true
            say(texts.notice(.wordyCommand(name, isAboutConversation: action.isAboutConversation)))
        }
    }

    private mutating func setBlocked(_ isBlocked: Bool) {
        guard isOnline else {
            hasFailed = true
            return say(texts.notice(.blockingFailed(.offline)))
        }
        guard state.blocking.ask(for: isBlocked) else { return say(texts.notice(.blockUnchanged(isBlocked))) }
        want(.setBlocked(isBlocked))
    }

    /// How it stands at the start is only told where the peer is blocked.
    mutating func blocked(_ isBlocked: Bool) {
        let news = state.blocked(isBlocked)
        let isWorthTelling =
            switch news {
            case .answer, .changed: true
            case .first: isBlocked
            case .early, .unchanged: false
            }
        if isWorthTelling { say(texts.notice(.blocked(isBlocked))) }
    }

    mutating func blockingFailed(_ failure: BlockingFailure) {
        if state.blocking.failed() { hasFailed = true }
        say(texts.notice(.blockingFailed(failure)))
    }

    private mutating func send(_ text: String, in environment: Environment) {
        if let violation = limits.check(text) { return refuse(violation) }
        guard isOnline else {
            kept.append(text)
            say(texts.kept(excerpt(UntrustedText(text))))
            return keepDraft()
        }
        hand(over: text, as: environment.newID(), createdAt: environment.now)
        keepRest()
    }

    mutating func refuse(_ violation: MessageLimits.Violation) {
        hasFailed = true
        say(texts.refused(violation.reason(texts.language)))
    }

    private mutating func hand(over text: String, as id: ClientMessageID, createdAt: Timestamp) {
        state.beginSaving(id, UntrustedText(text), createdAt: createdAt)
        writtenHere.insert(id)
        want(.send(id: id, text: text))
    }

    private mutating func keepDraft() { want(.draftChanged(keptAsDraft)) }

    /// What is sent takes the draft with it.
    private mutating func keepRest() {
        if !kept.isEmpty { keepDraft() }
    }

    /// What was kept, in the form that the screen's input line needs: there a slash begins a command.
    private var keptAsDraft: String {
        Submission.draft(of: kept.joined(separator: "\n"))
    }

    /// The draft that the last window left. Each line of it is a message, as lines typed here are. A draft of several rows
    /// from the screen cannot be told apart, so it becomes one message a row, too. The user is told before anything is
    /// sent. A user who does not want that leaves the draft to the next window with a screen, as it was.
    mutating func restore(draft: String) {
        // A disk that answers late may have what was kept here meanwhile.
        guard draft != keptAsDraft else { return }
        var lines = draft.split(whereSeparator: \.isNewline).map { MessageLimits.trimmed(String($0)) }
        lines.removeAll(where: \.isEmpty)
        guard let first = lines.first else { return }
        if case .message(let text) = Submission(draft: first) { lines[0] = text }
        kept.insert(contentsOf: lines, at: 0)
        if kept.count > lines.count { keepDraft() }
        offerKept()
    }

    /// Says that something waits for the user's word, if so.
    mutating func offerKept() {
        guard let first = kept.first else { return }
        say(texts.keptBefore(excerpt(UntrustedText(first)), others: kept.count - 1))
    }

    private var nothingFailed: Notice { isSettled ? .nothingToResend : .sendsItself }

    /// The oldest message that failed; without one, all that was kept.
    private mutating func resend(in environment: Environment) {
        guard hasUnsent else { return say(texts.notice(nothingFailed)) }
        guard isOnline else { return say(texts.stillOffline) }
        if let failed = transcript.firstFailed {
            let effect = state.resend(failed)
            want(effect)
            if case .send(let id, _) = effect {
                writtenHere.insert(id)
                keepRest()
            }
            return
        }
        let lines = kept
        kept = []
        for line in lines {
            if let violation = limits.check(line) {
                // It has no other place.
                kept.append(line)
                refuse(violation)
            } else {
                hand(over: line, as: environment.newID(), createdAt: environment.now)
            }
        }
        keepRest()
        offerKept()
    }

    private mutating func discard() {
        if let failed = transcript.firstFailed {
            if let effect = state.discard(failed) { want(effect) }
            return say(texts.discarded(excerpt(failed.text)))
        }
        guard !kept.isEmpty else { return say(texts.notice(nothingFailed)) }
        say(texts.discarded(excerpt(UntrustedText(kept.joined(separator: " ")))))
        kept = []
        keepDraft()
    }
}
