import ChatWire

/// What the two users have read, and which messages are new.
extension ConversationScreen {
    /// Whether the user is certainly looking at the end of the conversation.
    func isShowingEnd(in app: AppState) -> Bool {
        viewport == .following && app.isAttended && app.overlay == nil && !app.isWindowTooSmall
    }

    /// Reports once that the peer's newest message was shown.
    mutating func noteShown(in app: AppState) -> [Effect] {
        guard isShowingEnd(in: app) else { return [] }
        new.count = 0
        let marks = state.transcript.marks
        guard let newest = state.transcript.newestOfPeer, !marks.shown.covers(newest) else { return [] }
        let id = state.transcript.stored[newest].id
        state.transcript.move(\.shown, to: id)
        return marks.ownRead.covers(newest) ? [] : [.markRead(upTo: id)]
    }

    /// Notes whether the user has seen the line where new messages begin. While messages are still being loaded, it
    /// does not count: the line moves away before anybody can see it.
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

    /// After the user's read mark moved: moves the line down to the first message that is still new.
    mutating func forgetNewOnesThatWereRead() {
        guard let place = state.transcript.marks.ownRead.place else { return }
        if let first = new.first.flatMap({ state.transcript.place(of: $0) }), first <= place {
            new.first = state.transcript.ofPeer(behind: place).first
        }
        if new.count > 0, state.transcript.dropped.isEmpty {
            new.count = min(new.count, state.transcript.ofPeer(behind: place).count)
        }
    }

    /// Places the line at the first unread message. That happens until the conversation has been caught up with once.
    mutating func placeNewLineAtStart(in app: AppState) {
        guard state.isStarting || new.isLineAwaited, new.first == nil else { return }
        guard let place = state.transcript.marks.ownRead.place else { return }
        placeNewLine(behind: place, in: app)
    }

    /// If the last read message is not loaded, the line is placed once that message is loaded.
    mutating func awaitNewLine() {
        let ownRead = state.transcript.marks.ownRead
        new.isLineAwaited = new.first == nil && ownRead.place == nil && !ownRead.isUnknown && hasOlder
    }

    /// If no read mark is known, the messages after the user's own last message are new.
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
    /// Whether the event scrolls the window, or shows that the user is in front of it.
    var mayShowNewLine: Bool {
        switch self {
        case .input, .resized, .client(.caughtUp): true
        case .tick, .client, .edited, .disk, .otherProgram, .leavingLoses: false
        }
    }
}
