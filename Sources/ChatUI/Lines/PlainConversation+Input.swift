import ChatWire
import ClientUpdates

// The user's input: each line is a message or a command.

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

    /// At the start, only a blocked peer is reported.
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

    /// Saves the lines that remain as the draft, because sending a message clears the saved draft.
    private mutating func keepRest() {
        if !kept.isEmpty { keepDraft() }
    }

    /// The kept lines as a draft of the screen. There, a draft that begins with a slash is a command.
    private var keptAsDraft: String {
        Submission.draft(of: kept.joined(separator: "\n"))
    }

    /// Restores the draft of the previous run. Each of its lines becomes a message, as lines that are typed here do. A
    /// draft of several rows from the screen looks the same, so each of its rows becomes a message, too. The user is
    /// told before anything is sent. If they do not send it, the draft stays as it was for the next run with a screen.
    mutating func restore(draft: String) {
        // An answer of the disk that comes late may contain what was kept here in the meantime.
        guard draft != keptAsDraft else { return }
        var lines = draft.split(whereSeparator: \.isNewline).map { MessageLimits.trimmed(String($0)) }
        lines.removeAll(where: \.isEmpty)
        guard let first = lines.first else { return }
        if case .message(let text) = Submission(draft: first) { lines[0] = text }
        kept.insert(contentsOf: lines, at: 0)
        if kept.count > lines.count { keepDraft() }
        offerKept()
    }

    /// Reports that kept lines wait for the user's decision, if there are any.
    mutating func offerKept() {
        guard let first = kept.first else { return }
        say(texts.keptBefore(excerpt(UntrustedText(first)), others: kept.count - 1))
    }

    private var nothingFailed: Notice { isSettled ? .nothingToResend : .sendsItself }

    /// Sends the oldest failed message again, or else all kept lines.
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
                // A line that cannot be sent stays in the draft, which is its only copy.
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
