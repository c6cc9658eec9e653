import ChatWire
import ClientUpdates

/// Messages that arrive, and the statuses of messages written here.
extension ConversationScreen {
    /// Adds a message that arrived, and alerts the user if it is new to them.
    ///
    /// - Parameter isLate: Whether messages that are here already were stored after it.
    mutating func receive(
        _ message: Message, isLate: Bool = false, in app: inout AppState, now: ContinuousClock.Instant
    ) -> [Effect] {
        let ownRead = state.transcript.marks.ownRead.place
        guard state.receive(message, isLate: isLate) else { return [] }
        search?.appeared(message)
        if state.transcript.marks.ownRead.place != ownRead {
            // The user has read the message on another device before it arrived here.
            moveUnreadMarkerPastRead()
            return []
        }
        guard message.sender == peer else { return [] }
        state.typingUntil = nil
        if isShowingEnd(in: app) {
            if state.isBeforeFirstCatchUp, new.first == nil, ownRead != nil { new.first = message.id }
            return []
        }
        if new.count == 0 { new.first = message.id }
        new.count += 1
        return app.alert(about: message, from: state.peerDisplayName, now: now)
    }

    /// Takes in the status of a message that was written here. Until now the message may have been unsaved.
    mutating func settle(
        _ id: ClientMessageID, as outcome: OutgoingStatus, in app: inout AppState, now: ContinuousClock.Instant
    ) -> [Effect] {
        let unsaved = state.removeUnsaved(id)
        switch outcome {
        case .unsent(let status):
            if let unsaved { return settle(unsaved, as: status, in: &app) }
            state.transcript.setStatus(status, of: id)
            return []
        case .stored(let message): return confirmed(id, as: message, isLate: false, in: &app, now: now)
        case .found(let message): return confirmed(id, as: message, isLate: true, in: &app, now: now)
        }
    }

    /// Adds an unsent message to the transcript. One that could not be saved goes back into an empty input line.
    mutating func settle(
        _ message: ConversationState.Unsaved, as status: UnsentStatus, in app: inout AppState
    ) -> [Effect] {
        if case .notSaved(let failure) = status, app.editor.isEmpty {
            app.editor.replaceAll(with: Draft(message.draft, product: message.product))
            app.notice = .notSaved(failure)
            return reportDraft(&app.editor)
        }
        state.putPending(message, status)
        return []
    }

    /// Replaces a pending message by the stored one. From there on it is handled like a message of the peer.
    private mutating func confirmed(
        _ id: ClientMessageID, as message: Message, isLate: Bool, in app: inout AppState, now: ContinuousClock.Instant
    ) -> [Effect] {
        state.transcript.removePending(id)
        if case .anchored(let anchor) = viewport, anchor.id == .pending(id) {
            viewport = .anchored(Viewport.Anchor(id: .stored(message.id), row: anchor.row))
        }
        if selected == .pending(id) { selected = .stored(message.id) }
        return receive(message, isLate: isLate, in: &app, now: now)
    }
}

extension AppState {
    /// Alerts the user to a message, at most once in `alertSpan`, unless they are looking at the window.
    mutating func alert(about message: Message, from name: String, now: ContinuousClock.Instant) -> [Effect] {
        if isUserPresent || inbox.flags(of: message.peer(of: user)).contains(.muted) { return [] }
        if let lastAlert, now < lastAlert + Self.alertSpan { return [] }
        lastAlert = now
        let text = preferences.notifiesWithText ? message.text.displayed() : texts.newMessage
        return [.bell, .notify(title: name, body: text.count > 100 ? text.prefix(99) + "…" : text)]
    }

    private static let alertSpan: Duration = .seconds(3)
}

extension ConversationState.Unsaved {
    /// An unsent message that was loaded from the disk.
    init(_ message: UnsentMessage) {
        self.init(
            id: message.id, text: UntrustedText(message.text), draft: Submission.draft(of: message.text),
            product: message.product, createdAt: message.createdAt)
    }
}
