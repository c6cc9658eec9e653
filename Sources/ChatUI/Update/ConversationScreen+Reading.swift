import ChatWire

/// What the two users have read, and which messages are new.
extension ConversationScreen {
    /// Whether the user is certainly looking at the end of the conversation.
    func isShowingEnd(in app: AppState) -> Bool {
        viewport == .following && found?.isExpected != true && app.isUserPresent && app.overlay == nil
            && !app.isWindowTooSmall
    }

    /// Reports once that the peer's newest message was shown.
    mutating func reportShown(in app: AppState) -> [Effect] {
        guard isShowingEnd(in: app) else { return [] }
        new.count = 0
        let marks = state.transcript.marks
        guard let newest = state.transcript.newestOfPeer, !marks.shown.covers(newest) else { return [] }
        let id = state.transcript.stored[newest].id
        state.transcript.move(\.shown, to: id)
        return marks.ownRead.covers(newest) ? [] : [.markRead(upTo: id)]
    }

    /// Notes whether the user has seen the unread marker. While messages are still being loaded, it
    /// does not count: the line moves away before anybody can see it.
    mutating func noteUnreadMarker(before earlier: MessageID?, in app: AppState, _ environment: Environment) {
        if new.first != earlier { new.isMarkerSeen = false }
        guard let first = new.first, !new.isMarkerSeen, !state.isBeforeFirstCatchUp, app.isUserPresent,
            app.overlay == nil,
            !app.isWindowTooSmall, let place = state.transcript.place(of: first)
        else { return }
        new.isMarkerSeen = layout(in: app, environment).showsUnreadMarker(before: place)
    }

    mutating func ownRead(upTo id: MessageID, in app: AppState) {
        let before = state.transcript.marks.ownRead.place
        state.transcript.move(\.ownRead, to: id)
        guard state.transcript.marks.ownRead.place != before else { return }
        moveUnreadMarkerPastRead()
        placeUnreadMarkerAtStart(in: app)
    }

    /// After the user's read mark moved: moves the unread marker down to the first message that is still new.
    mutating func moveUnreadMarkerPastRead() {
        guard let place = state.transcript.marks.ownRead.place else { return }
        if let first = new.first.flatMap({ state.transcript.place(of: $0) }), first <= place {
            new.first = state.transcript.peerMessages(after: place).first
        }
        if new.count > 0, state.transcript.dropped.isEmpty {
            new.count = min(new.count, state.transcript.peerMessages(after: place).count)
        }
    }

    /// Places the unread marker at the first unread message. That happens until the conversation has been caught up with once.
    mutating func placeUnreadMarkerAtStart(in app: AppState) {
        guard state.isBeforeFirstCatchUp || new.isMarkerAwaited, new.first == nil else { return }
        guard let place = state.transcript.marks.ownRead.place else { return }
        placeUnreadMarker(after: place, in: app)
    }

    /// If the last read message is not loaded, the marker is placed once that message is loaded.
    mutating func awaitUnreadMarker() {
        let ownRead = state.transcript.marks.ownRead
        new.isMarkerAwaited = new.first == nil && ownRead.place == nil && !ownRead.isUnknown && hasOlder
    }

    /// If no read mark is known, the messages after the user's own last message are new.
    mutating func placeUnreadMarkerWithoutReadMark(in app: AppState) {
        guard state.isBeforeFirstCatchUp, new.first == nil, state.transcript.marks.ownRead.isUnknown else { return }
        placeUnreadMarker(after: state.transcript.stored.lastIndex { $0.sender == state.user }, in: app)
    }

    private mutating func placeUnreadMarker(after place: Int?, in app: AppState) {
        let messages = state.transcript.peerMessages(after: place)
        new.first = messages.first
        new.isMarkerAwaited = false
        if state.isBeforeFirstCatchUp, !isShowingEnd(in: app) { new.count = messages.count }
    }
}

extension Event {
    /// Whether the event scrolls the window, or shows that the user is in front of it.
    var mayShowUnreadMarker: Bool {
        switch self {
        case .input, .resized, .client(.caughtUp): true
        case .tick, .client, .edited, .copied, .notCopiedByProgram, .disk, .listings, .otherProgram, .leavingLoses:
            false
        }
    }
}
