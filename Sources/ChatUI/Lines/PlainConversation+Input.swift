import ChatWire
import ClientUpdates

// The user's input: each line is a message or a command.

extension PlainConversation {
    mutating func handle(line: String, in environment: Environment) {
        switch Submission(draft: line) {
        case .nothing: break
        case .message(let text): send(text, in: environment)
        case .command(.program(.help), _): for line in texts.plainHelp { say(line) }
        case .command(.conversation(.template), let text): useTemplate(text)
        case .command(.conversation(.resend), _): resend(in: environment)
        case .command(.conversation(.discard), _): discard()
        case .command(.program(.reconnect), _):
            if isOnline { say(texts.connectedAlready) }
            emit(.reconnectNow)
        case .command(.conversation(.block), _): setBlocked(true)
        case .command(.conversation(.unblock), _): setBlocked(false)
        case .command(.conversation(.product), let text): chooseProduct(text)
        case .command(.program(.quit), _): emit(.quit)
        case .command(let action, _):
            hasFailed = true
            say(texts.onlyOnScreen(SlashCommand.all.first { $0.action == action }?.name ?? ""))
        case .unknownCommand(let name, let nearest):
            hasFailed = true
            let shown = excerpt(UntrustedText(name))
            say(texts.notice(.unknownCommand(shown, nearest: nearest, asText: true)))
        case .commandTakesNoText(let name, let action):
            hasFailed = true
            say(texts.notice(.commandTakesNoText(name, isAboutConversation: action.isAboutConversation)))
        }
    }

    private mutating func setBlocked(_ isBlocked: Bool) {
        guard isOnline else {
            hasFailed = true
            return say(texts.notice(.blockingFailed(.offline)))
        }
        guard state.blocking.request(isBlocked) else { return say(texts.notice(.blockUnchanged(isBlocked))) }
        emit(.setBlocked(isBlocked))
    }

    /// At the start, only a blocked peer is reported.
    mutating func blocked(_ isBlocked: Bool) {
        let news = state.blocked(isBlocked)
        let isWorthTelling =
            switch news {
            case .confirmed, .changed: true
            case .initial: isBlocked
            case .outdated, .unchanged: false
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
            unsentLines.append(Draft(text, product: state.productToBegin))
            say(texts.kept(excerpt(UntrustedText(text))))
            return saveDraft()
        }
        submit(Draft(text, product: state.productToBegin), as: environment.newID(), createdAt: environment.now)
        saveRemainingDraft()
    }

    mutating func refuse(_ violation: MessageLimits.Violation) {
        hasFailed = true
        say(texts.refused(violation.reason(texts.language)))
    }

    private mutating func submit(_ line: Draft, as id: ClientMessageID, createdAt: Timestamp) {
        let product = state.named(line.product)
        state.beginSaving(id, UntrustedText(line.text), about: product, createdAt: createdAt)
        writtenHere.insert(id)
        emit(.send(id: id, text: line.text, product: product))
    }

    mutating func saveDraft() {
        emit(.draftChanged(Draft(textOfUnsentLines, product: unsentLines.last { $0.product != nil }?.product)))
    }

    /// Saves the lines that remain as the draft, because sending a message clears the saved draft.
    private mutating func saveRemainingDraft() {
        if !unsentLines.isEmpty { saveDraft() }
    }

    /// The unsent lines as a draft of the screen. There, a draft that begins with a slash is a command.
    private var textOfUnsentLines: String {
        Submission.draft(of: unsentLines.map(\.text).joined(separator: "\n"))
    }

    /// Restores the draft of the previous run. Each of its lines becomes a message, as lines that are typed here do. A
    /// draft of several rows from the screen looks the same, so each of its rows becomes a message, too. The user is
    /// told before anything is sent. If they do not send it, the draft stays as it was for the next run with a screen.
    mutating func restore(_ draft: Draft) {
        // An answer of the disk that comes late may contain the lines that were typed here in the meantime.
        guard draft.text != textOfUnsentLines else { return }
        var lines = draft.text.split(whereSeparator: \.isNewline).map { MessageLimits.trimmed(String($0)) }
        lines.removeAll(where: \.isEmpty)
        guard let first = lines.first else { return }
        if case .message(let text) = Submission(draft: first) { lines[0] = text }
        let product = draft.product ?? state.productToBegin
        unsentLines.insert(contentsOf: lines.map { Draft($0, product: product) }, at: 0)
        if unsentLines.count > lines.count { saveDraft() }
        reportUnsentLines()
    }

    /// Reports that unsent lines wait for the user's decision, if there are any.
    mutating func reportUnsentLines() {
        guard let first = unsentLines.first else { return }
        if let product = first.product.map(state.products.titled), let label = product.label,
            state.productToBegin?.isSame(as: product) != true
        {
            say(texts.product(label.displayed()).asSentence)
        }
        say(texts.keptBefore(excerpt(UntrustedText(first.text)), others: unsentLines.count - 1))
    }

    private func nothingFailed(_ use: Notice.UseOfFailed) -> Notice {
        isSettled ? .nothingFailed(use) : .resendsAutomatically
    }

    /// Sends the oldest failed message again, or else all unsent lines.
    private mutating func resend(in environment: Environment) {
        guard hasUnsent else { return say(texts.notice(nothingFailed(.resend))) }
        guard isOnline else { return say(texts.stillOffline) }
        if let failed = transcript.firstFailed {
            let effect = state.resend(failed)
            emit(effect)
            if case .send(let id, _, _) = effect {
                writtenHere.insert(id)
                saveRemainingDraft()
            }
            return
        }
        let lines = unsentLines
        unsentLines = []
        for line in lines {
            if let violation = limits.check(line.text) {
                // A line that cannot be sent stays in the draft, which is its only copy.
                unsentLines.append(line)
                refuse(violation)
            } else {
                submit(line, as: environment.newID(), createdAt: environment.now)
            }
        }
        saveRemainingDraft()
        reportUnsentLines()
    }

    private mutating func discard() {
        if let failed = transcript.firstFailed {
            if let effect = state.discard(failed) { emit(effect) }
            return say(texts.discarded(excerpt(failed.text)))
        }
        guard !unsentLines.isEmpty else { return say(texts.notice(nothingFailed(.discard))) }
        say(texts.discarded(excerpt(UntrustedText(unsentLines.map(\.text).joined(separator: " ")))))
        unsentLines = []
        saveDraft()
    }
}
