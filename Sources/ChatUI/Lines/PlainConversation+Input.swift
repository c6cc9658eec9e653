import ChatWire

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
            let name = MessageLimits.trimmed(line).dropFirst().prefix { !$0.isWhitespace }
            say(texts.onlyOnScreen(String(name)))
        case .unknownCommand(let name): say(texts.notice(.unknownCommand(excerpt(UntrustedText(name)))))
        }
    }

    private mutating func setBlocked(_ isBlocked: Bool) {
        guard isOnline else { return say(texts.notice(.blockingFailed(.offline))) }
        awaitsBlock = true
        want(.setBlocked(isBlocked))
    }

    /// How it stands at the start is only told where the peer is blocked.
    mutating func blocked(_ isBlocked: Bool) {
        if awaitsBlock || (self.isBlocked ?? false) != isBlocked { say(texts.notice(.blocked(isBlocked))) }
        awaitsBlock = false
        self.isBlocked = isBlocked
    }

    mutating func blockingFailed(_ problem: BlockingProblem) {
        awaitsBlock = false
        say(texts.notice(.blockingFailed(problem)))
    }

    private mutating func send(_ text: String, in environment: Environment) {
        if let violation = limits.check(text) {
            hasFailed = true
            return say(texts.refused(violation.reason(texts.language)))
        }
        guard isOnline else {
            kept.append(text)
            say(texts.kept(excerpt(UntrustedText(text))))
            return keepDraft()
        }
        hand(over: text, as: environment.newID(), createdAt: environment.now)
        // What was sent takes the draft with it.
        if !kept.isEmpty { keepDraft() }
    }

    private mutating func hand(over text: String, as id: String, createdAt: Timestamp) {
        unsaved[id] = (UntrustedText(text), createdAt)
        writtenHere.insert(id)
        want(.send(id: id, text: text))
    }

    private mutating func keepDraft() { want(.draftChanged(kept.joined(separator: "\n"))) }

    /// What the last window left.
    mutating func restore(draft: String) {
        let text = MessageLimits.trimmed(draft)
        guard !text.isEmpty else { return }
        kept.insert(text, at: 0)
        say(texts.keptBefore(excerpt(UntrustedText(text))))
    }

    /// The oldest message that failed; without one, all that was kept.
    private mutating func resend(in environment: Environment) {
        guard hasUnsent else { return say(texts.notice(.nothingToResend)) }
        guard isOnline else { return say(texts.stillOffline) }
        if let failed = transcript.firstFailed {
            if case .notSaved = failed.status {
                transcript.removePending(failed.id)
                return hand(over: failed.text.wire, as: failed.id, createdAt: failed.createdAt)
            }
            transcript.setStatus(.waiting, of: failed.id)
            return want(.resend(id: failed.id))
        }
        let lines = kept
        kept = []
        want(.draftChanged(""))
        for line in lines { send(line, in: environment) }
    }

    private mutating func discard() {
        if let failed = transcript.firstFailed {
            transcript.removePending(failed.id)
            if case .notSaved = failed.status {} else { want(.discard(id: failed.id)) }
            return say(texts.discarded(excerpt(failed.text)))
        }
        guard !kept.isEmpty else { return say(texts.notice(.nothingToResend)) }
        say(texts.discarded(excerpt(UntrustedText(kept.joined(separator: " ")))))
        kept = []
        keepDraft()
    }
}
