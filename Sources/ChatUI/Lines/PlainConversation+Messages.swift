import ChatWire
import ClientUpdates
import Formats

// Showing messages: the stored ones, and those written here.

extension PlainConversation {
    mutating func caughtUp() {
        guard isOnline else { return }
        if state.isBeforeFirstCatchUp, transcript.isEmpty { say(texts.startConversation(with: state.peerDisplayName)) }
        state.caughtUp()
        loadingNoticeTime = nil
    }

    mutating func pastStaysUnknown() {
        guard isOnline else { return }
        loadingNoticeTime = nil
        let gap = transcript.openGap.flatMap { transcript.place(of: $0) }
        state.pastStaysUnknown()
        if let gap { reportGap(after: gap) }
    }

    /// Reports a gap once.
    private mutating func reportGap(after index: Int) {
        guard transcript.stored.indices.contains(index), reportedGap != transcript.stored[index].id else { return }
        switch transcript.gap(after: index) {
        case .unknown: say(texts.pastUnknown.asSentence)
        case .hole: say(texts.hole.asSentence)
        case .open, .dropped, nil: return
        }
        reportedGap = transcript.stored[index].id
    }

    mutating func receive(_ message: Message, in environment: Environment) {
        guard state.receive(message) else { return }
        if message.sender == state.peer { state.typingUntil = nil }
        guard let place = transcript.place(of: message.id) else { return }
        if !isShown(place) { showNewMessages(in: environment) } else { show(place, in: environment) }
    }

    /// The index of the first stored message that was not shown.
    private var nextToShow: Int { lastShown.flatMap { transcript.place(of: $0) }.map { $0 + 1 } ?? 0 }

    private func isShown(_ place: Int) -> Bool { place < nextToShow }

    /// Shows all stored messages after the last one that was shown.
    mutating func showNewMessages(in environment: Environment) {
        var next = nextToShow
        if lastShown == nil {
            let firstNew = transcript.marks.ownRead.place.map { $0 + 1 } ?? transcript.stored.count
            next = max(0, min(transcript.stored.count - Self.shownAtStart, firstNew))
        }
        while next < transcript.stored.count {
            show(next, in: environment)
            next += 1
        }
        if let last = transcript.stored.last { lastShown = last.id }
    }

    private mutating func show(_ index: Int, in environment: Environment) {
        let line = transcript.line(at: index)
        if index > 0, lastShown != nil { reportGap(after: index - 1) }
        let day = environment.localTime(line.time)
        if day.dayNumber != shownDay {
            shownDay = day.dayNumber
            say(texts.day(day, thisYear: environment.localTime(environment.now).year))
        }
        if state.isBeforeFirstCatchUp, !hasShownUnreadMarker, !line.isOwn, let read = transcript.marks.ownRead.place,
            index > read
        {
            hasShownUnreadMarker = true
            say(texts.newMessages.asSentence)
        }
        sayProduct(of: index)
        output.append(.line(text(of: line, at: day)))
    }

    /// Further rows of the text are indented, so that none of them looks like another message.
    private func text(of line: Transcript.Line, at time: CivilTime) -> String {
        let name = line.isOwn ? texts.you : state.peerDisplayName
        let text = line.text.displayed(lineBreaks: .kept).replacing("\n", with: "\n    ")
        let state = line.isOwn ? " (\(words(for: line.state)))" : ""
        return "\(time.hour.twoDigits):\(time.minute.twoDigits) \(name): \(text)\(state)"
    }

    private func words(for state: Transcript.State) -> String {
        switch state {
        case .delivered where !preferences.showsReceipts, .read where !preferences.showsReceipts, .stored:
            return texts.stateSent
        case .delivered: return texts.stateDelivered
        case .read: return texts.stateRead
        case .unsent(.waiting): return texts.stateWaiting
        case .unsent(let status):
            let commands = texts.failedCommands(isFirstTry: status.wasNeverSent)
            return "\(texts.whyUnsent(status) ?? texts.stateWaiting); \(commands)"
        }
    }

    /// Moves a mark, and reports the last of the user's own messages that it now covers.
    mutating func move(_ mark: WritableKeyPath<Marks, Watermark>, to id: MessageID, saying word: String) {
        let first = transcript.marks[keyPath: mark].place.map { $0 + 1 } ?? 0
        state.transcript.move(mark, to: id)
        guard preferences.showsReceipts, let place = transcript.marks[keyPath: mark].place, place >= first,
            isShown(place), let own = transcript.stored[first...place].last(where: { $0.sender == state.user })
        else { return }
        say(texts.upTo(word, excerpt(own.text)))
    }

    /// Reports how far the user has read. The client decides whether the peer learns of it.
    mutating func noteRead() {
        guard let newest = transcript.newestOfPeer, isShown(newest),
            !transcript.marks.shown.covers(newest)
        else { return }
        let id = transcript.stored[newest].id
        state.transcript.move(\.shown, to: id)
        if !transcript.marks.ownRead.covers(newest) { emit(.markRead(upTo: id)) }
    }
}

// MARK: - Messages written here

extension PlainConversation {
    mutating func settle(_ id: ClientMessageID, as outcome: OutgoingStatus, in environment: Environment) {
        if let message = state.removeUnsaved(id) { state.putPending(message, .waiting) }
        switch outcome {
        case .stored(let message), .found(let message):
            state.transcript.removePending(id)
            writtenHere.remove(id)
            receive(message, in: environment)
        case .unsent(.waiting): break
        case .unsent(let status): fail(id, status, in: environment)
        }
    }

    private mutating func fail(_ id: ClientMessageID, _ status: UnsentStatus, in environment: Environment) {
        guard state.transcript.setStatus(status, of: id) else { return }
        if writtenHere.contains(id) { hasFailed = true }
        showPending(id, in: environment)
    }

    mutating func showPending(_ id: ClientMessageID, in environment: Environment) {
        guard let index = transcript.index(of: .pending(id)), index >= transcript.stored.count else { return }
        let line = transcript.line(at: index)
        output.append(.line(text(of: line, at: environment.localTime(line.time))))
    }
}
