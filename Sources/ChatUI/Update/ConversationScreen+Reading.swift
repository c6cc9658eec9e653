import ChatWire

/// Who has read what, and which messages are new to the user.
extension ConversationScreen {
    /// Whether the end of the conversation is before the user's eyes, as far as can be known.
    func isShowingEnd(in app: AppState) -> Bool {
        viewport == .following && app.isAttended && app.overlay == nil && !app.isWindowTooSmall
    }

    /// Tells once that the peer's newest message was shown.
    mutating func noteShown(in app: AppState) -> [Effect] {
        guard isShowingEnd(in: app) else { return [] }
        new.count = 0
        let marks = state.transcript.marks
        guard let newest = state.transcript.newestOfPeer, !marks.shown.covers(newest) else { return [] }
        let id = state.transcript.stored[newest].id
        state.transcript.move(\.shown, to: id)
        return marks.ownRead.covers(newest) ? [] : [.markRead(upTo: id)]
    }

    /// Notes whether the line where new messages begin is in sight. Until nothing is missing, what arrives pushes it
    /// away before anybody could see it.
    mutating func noteNewLine(before earlier: MessageID?, in app: AppState, _ environment: Environment) {
        if new.first != earlier { new.isLineSeen = false }
        guard let first = new.first, !new.isLineSeen, !state.isStarting, app.isAttended, app.overlay == nil,
            !app.isWindowTooSmall, let place = state.transcript.place(of: first)
        else { return }
        new.isLineSeen = layout(in: app, environment).showsNewLine(before: place)
    }

    mutating func ownRead(upTo id: MessageID, in app: AppState) {
        let before = state.transcript.marks.ownRead.place
        state.transcript.move(\.ownRead, to: id)
        guard state.transcript.marks.ownRead.place != before else { return }
        forgetNewOnesThatWereRead()
        placeNewLineAtStart(in: app)
    }

    /// After a mark moved: the line where new messages begin goes down to the first that is new still.
    mutating func forgetNewOnesThatWereRead() {
        guard let place = state.transcript.marks.ownRead.place else { return }
        if let first = new.first.flatMap({ state.transcript.place(of: $0) }), first <= place {
            new.first = state.transcript.ofPeer(behind: place).first
        }
        if new.count > 0, state.transcript.dropped.isEmpty {
            new.count = min(new.count, state.transcript.ofPeer(behind: place).count)
        }
    }

    /// Until the first time that nothing is missing, what the user has not read is new.
    mutating func placeNewLineAtStart(in app: AppState) {
        guard state.isStarting || new.isLineAwaited, new.first == nil else { return }
        guard let place = state.transcript.marks.ownRead.place else { return }
        placeNewLine(behind: place, in: app)
    }

    /// What the user has read last may be further up than what was loaded. Then the line is placed when they get there.
    mutating func awaitNewLine() {
        let ownRead = state.transcript.marks.ownRead
        new.isLineAwaited = new.first == nil && ownRead.place == nil && !ownRead.isUnknown && hasOlder
    }

    /// If nobody said how far the user has read, what came after the user's own last word is new.
    mutating func placeNewLineWhereNothingWasRead(in app: AppState) {
        guard state.isStarting, new.first == nil, state.transcript.marks.ownRead.isUnknown else { return }
        placeNewLine(behind: state.transcript.stored.lastIndex { $0.sender == state.user } ?? -1, in: app)
    }

    private mutating func placeNewLine(behind place: Int, in app: AppState) {
        let messages = state.transcript.ofPeer(behind: place)
        new.first = messages.first
        new.isLineAwaited = false
        if state.isStarting, !isShowingEnd(in: app) { new.count = messages.count }
    }
}

extension Event {
    /// What moves the window, or brings the user before it.
    var mayShowNewLine: Bool {
        switch self {
        case .input, .resized, .client(.caughtUp): true
        case .tick, .client, .edited, .notKept, .notice, .leavingLoses: false
        }
    }
}
