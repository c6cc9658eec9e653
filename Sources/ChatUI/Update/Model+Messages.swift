import ChatWire

/// What becomes of messages: those that arrive, and those written here.
extension Model {
    /// - Parameter isLate: It stands before what came last.
    mutating func receive(_ message: Message, isLate: Bool = false, now: ContinuousClock.Instant) -> [Effect] {
        guard let peer, message.isBetween(user, peer) else { return [] }
        let ownRead = transcript.marks.ownRead.place
        guard isLate ? transcript.insert(message) : transcript.append(message) else { return [] }
        search?.appeared(message)
        if transcript.marks.ownRead.place != ownRead {
            // The user has read it elsewhere, before it came here.
            forgetNewOnesThatWereRead()
            return []
        }
        guard message.sender == peer else { return [] }
        typingUntil = nil
        if isShowingEnd {
            if isStarting, firstNew == nil, ownRead != nil { firstNew = message.id }
            return []
        }
        if newCount == 0 { firstNew = message.id }
        newCount += 1
        return alert(of: message, from: shownPeerName, now: now)
    }

    /// Calls the user, but not for each of many messages.
    mutating func alert(of message: Message, from name: String, now: ContinuousClock.Instant) -> [Effect] {
        if isAttended { return [] }
        if let lastAlert, now < lastAlert + Self.alertSpan { return [] }
        lastAlert = now
        let text = preferences.notifiesWithText ? message.text.displayed() : texts.newMessage
        return [.bell, .notify(title: name, body: text.count > 100 ? text.prefix(99) + "…" : text)]
    }

    private static let alertSpan: Duration = .seconds(3)

    /// What became of a message written here, which may not have been on disk before.
    mutating func settle(_ id: ClientMessageID, as state: OutgoingState, now: ContinuousClock.Instant) -> [Effect] {
        guard let index = unsaved.firstIndex(where: { $0.id == id }) else {
            return settlePending(id, as: state, now: now)
        }
        return settle(unsaved.remove(at: index), as: state, now: now)
    }

    /// A message that is not in the transcript yet.
    mutating func settle(_ message: Unsaved, as state: OutgoingState, now: ContinuousClock.Instant) -> [Effect] {
        if case .notSaved(let reason) = state, editor.isEmpty {
            editor.insert(message.draft)
            notice = .notSaved(reason)
            return reportDraft()
        }
        guard let status = state.status else { return settlePending(message.id, as: state, now: now) }
        transcript.putPending(
            Transcript.Pending(id: message.id, text: message.text, createdAt: message.createdAt, status: status))
        return []
    }

    /// The server's answer. A stored message takes the same way as a peer's.
    private mutating func settlePending(
        _ id: ClientMessageID, as state: OutgoingState, now: ContinuousClock.Instant
    ) -> [Effect] {
        if let status = state.status { transcript.setStatus(status, of: id) }
        let (message, isLate): (Message, Bool)
        switch state {
        case .stored(let stored): (message, isLate) = (stored, false)
        case .found(let stored): (message, isLate) = (stored, true)
        default: return []
        }
        transcript.removePending(id)
        if case .anchored(let anchor) = viewport, anchor.id == .pending(id) {
            viewport = .anchored(Viewport.Anchor(id: .stored(message.id), row: anchor.row))
        }
        if selected == .pending(id) { selected = .stored(message.id) }
        return receive(message, isLate: isLate, now: now)
    }
}

extension OutgoingState {
    /// Nil for a message that the server has.
    var status: Transcript.Status? {
        switch self {
        case .waiting: .waiting
        case .stored, .found: nil
        case .refused(let reason): .refused(reason: reason)
        case .unconfirmed: .unconfirmed
        case .stale: .stale
        case .notSaved(let reason): .notSaved(reason: reason)
        }
    }
}
