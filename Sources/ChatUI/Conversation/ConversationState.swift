import ChatWire
import ClientUpdates

/// The open conversation, whether it is shown on a screen or in lines: its messages, and what is known of the peer.
struct ConversationState: Sendable {
    let user: UserID
    let peer: UserID
    var peerName: GivenOrTold
    var product: GivenOrTold

    var transcript: Transcript
    /// Written here, and not on disk yet, so not in the transcript either; in the order of writing.
    var unsaved: [Unsaved] = []
    /// Nothing is missing that came before now.
    private(set) var isCaughtUp = false
    /// Nothing was ever caught up with: what the user has not read is new.
    private(set) var isStarting = true

    /// Nil: unknown.
    private(set) var presence: Presence?
    /// The peer counts as typing until then.
    var typingUntil: ContinuousClock.Instant?
    var blocking = Blocking()

    struct Unsaved: Sendable, Equatable {
        var id: ClientMessageID
        var text: UntrustedText
        /// What stood in the input line.
        var draft: String
        var createdAt: Timestamp
    }

    init(
        user: UserID, peer: UserID, peerName: GivenOrTold, product: GivenOrTold,
        capacity: Transcript.Capacity = Transcript.Capacity()
    ) {
        self.user = user
        self.peer = peer
        self.peerName = peerName
        self.product = product
        transcript = Transcript(user: user, capacity: capacity)
    }

    /// Safe to show.
    var shownPeerName: String { peerName.shown(or: peer) }

    func isAbout(_ message: Message) -> Bool { message.isBetween(user, peer) }
}

// MARK: - What happens to it

extension ConversationState {
    /// What arrives from now on stands behind a gap, until it is known what came meanwhile.
    mutating func connectionLost() {
        presence = nil
        typingUntil = nil
        isCaughtUp = false
        transcript.openGapAtEnd()
    }

    /// Nothing is missing.
    mutating func caughtUp() {
        isCaughtUp = true
        isStarting = false
        transcript.closeOpenGap()
    }

    /// Nobody tells what is missing, if anything is.
    mutating func pastStaysUnknown() {
        transcript.leaveOpenGap()
        caughtUp()
    }

    /// The peer has read it up to this message, so their devices have it, too.
    mutating func peerRead(upTo id: MessageID) {
        transcript.move(\.delivered, to: id)
        transcript.move(\.read, to: id)
    }

    /// A message arrived. False if it is there already, or is of another conversation.
    /// - Parameter isLate: Others that are here were stored after it.
    mutating func receive(_ message: Message, isLate: Bool = false) -> Bool {
        guard isAbout(message) else { return false }
        return isLate ? transcript.insert(message) : transcript.append(message)
    }

    /// Takes in messages by the given merge.
    mutating func take(_ page: [Message], _ merge: (inout Transcript, [Message]) -> Void) {
        merge(&transcript, page.filter(isAbout))
        if !isCaughtUp { transcript.openGapAtEnd() }
    }

    mutating func presenceChanged(isOnline: Bool, lastSeen: Timestamp?) {
        presence = Presence(isOnline: isOnline, lastSeen: lastSeen)
        if !isOnline { typingUntil = nil }
    }

    mutating func typed(now: ContinuousClock.Instant) { typingUntil = now + Presence.typingSpan }

    mutating func timePassed(now: ContinuousClock.Instant) {
        if let typingUntil, typingUntil <= now { self.typingUntil = nil }
    }

    mutating func blocked(_ isBlocked: Bool) -> Blocking.News {
        if isBlocked {
            presence = nil
            typingUntil = nil
        }
        return blocking.told(isBlocked)
    }
}

// MARK: - Messages written here

extension ConversationState {
    /// A message was given to the disk, which has to answer before it is shown.
    /// - Parameter draft: What stood in the input line. Nil: what has to be typed for this text.
    mutating func beginSaving(_ id: ClientMessageID, _ text: UntrustedText, draft: String? = nil, createdAt: Timestamp)
    {
        _ = takeUnsaved(id)
        let draft = draft ?? Submission.draft(of: text.wire)
        unsaved.append(Unsaved(id: id, text: text, draft: draft, createdAt: createdAt))
    }

    /// The disk has the message, or does not take it. Nil: it was not being saved.
    mutating func takeUnsaved(_ id: ClientMessageID) -> Unsaved? {
        unsaved.firstIndex { $0.id == id }.map { unsaved.remove(at: $0) }
    }

    mutating func putPending(_ message: Unsaved, _ status: UnsentStatus) {
        transcript.putPending(
            Transcript.Pending(id: message.id, text: message.text, createdAt: message.createdAt, status: status))
    }

    /// Sends a message that failed once more. One that the disk did not take has to be saved first.
    mutating func resend(_ failed: Transcript.Pending) -> Effect {
        if case .notSaved = failed.status {
            transcript.removePending(failed.id)
            beginSaving(failed.id, failed.text, createdAt: failed.createdAt)
            return .send(id: failed.id, text: failed.text.wire)
        }
        transcript.setStatus(.waiting, of: failed.id)
        return .resend(id: failed.id)
    }

    /// Forgets a message that failed. Nil: it was nowhere else.
    mutating func discard(_ failed: Transcript.Pending) -> Effect? {
        transcript.removePending(failed.id)
        if case .notSaved = failed.status { return nil }
        return .discard(id: failed.id)
    }
}
