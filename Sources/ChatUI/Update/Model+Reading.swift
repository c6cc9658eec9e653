import ChatWire

/// Who has read what, and which messages are new to the user.
extension Model {
    /// Whether what stands at the end of the conversation is before the user's eyes, as far as can be known.
    var isShowingEnd: Bool { viewport == .following && isAttended && overlay == nil && !isWindowTooSmall }

    /// Tells once that the peer's newest message was shown.
    mutating func noteShown() -> [Effect] {
        guard isShowingEnd else { return [] }
        newCount = 0
        guard let newest = transcript.newestOfPeer, !transcript.marks.shown.covers(newest) else { return [] }
        let id = transcript.stored[newest].id
        transcript.move(\.shown, to: id)
        return transcript.marks.ownRead.covers(newest) ? [] : [.markRead(upTo: id)]
    }

    /// Notes whether the line where new messages begin is in sight. Until nothing is missing, what arrives pushes it
    /// away before anybody could see it.
    mutating func noteNewLine(before earlier: MessageID?, in environment: Environment) {
        if firstNew != earlier { isNewLineSeen = false }
        guard let firstNew, !isNewLineSeen, !isStarting, isAttended, overlay == nil, !isWindowTooSmall,
            let place = transcript.place(of: firstNew)
        else { return }
        isNewLineSeen = Frame(self, in: environment).scrollback.showsNewLine(before: place)
    }

    mutating func peerRead(upTo id: MessageID) {
        // What was read was delivered.
        transcript.move(\.delivered, to: id)
        transcript.move(\.read, to: id)
    }

    mutating func ownRead(upTo id: MessageID) {
        let before = transcript.marks.ownRead.place
        transcript.move(\.ownRead, to: id)
        guard transcript.marks.ownRead.place != before else { return }
        forgetNewOnesThatWereRead()
        placeNewLineAtStart()
    }

    /// After a mark moved: the line where new messages begin goes down to the first that is new still.
    mutating func forgetNewOnesThatWereRead() {
        guard let place = transcript.marks.ownRead.place else { return }
        if let firstNew, let first = transcript.place(of: firstNew), first <= place {
            self.firstNew = transcript.ofPeer(behind: place).first
        }
        if newCount > 0, transcript.dropped.isEmpty { newCount = min(newCount, transcript.ofPeer(behind: place).count) }
    }

    /// Until the first time that nothing is missing, what the user has not read is new.
    mutating func placeNewLineAtStart() {
        guard isStarting || isNewLineAwaited, firstNew == nil else { return }
        guard let place = transcript.marks.ownRead.place else { return }
        placeNewLine(behind: place)
    }

    /// What the user has read last is further up than what was loaded: the line is placed when they get there.
    mutating func awaitNewLine() {
        let ownRead = transcript.marks.ownRead
        isNewLineAwaited = firstNew == nil && ownRead.place == nil && !ownRead.isUnknown && hasOlder
    }

    /// Nobody said how far the user has read: what came after the user's own last word, they have not.
    mutating func placeNewLineWhereNothingWasRead() {
        guard isStarting, firstNew == nil, transcript.marks.ownRead.isUnknown else { return }
        placeNewLine(behind: transcript.stored.lastIndex { $0.sender == user } ?? -1)
    }

    private mutating func placeNewLine(behind place: Int) {
        let new = transcript.ofPeer(behind: place)
        firstNew = new.first
        isNewLineAwaited = false
        if isStarting, !isShowingEnd { newCount = new.count }
    }
}

extension Event {
    /// What moves the window, or brings the user before it.
    var mayShowNewLine: Bool {
        switch self {
        case .input, .resized, .caughtUp: true
        default: false
        }
    }
}
