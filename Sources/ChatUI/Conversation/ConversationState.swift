import ChatWire
import ClientUpdates

/// The open conversation, whether it is shown on a screen or as lines: its messages, and what is known of the peer.
struct ConversationState: Sendable {
    let user: UserID
    let peer: UserID
    var peerName: OverridableText
    var products: ConversationProducts

    var transcript: Transcript
    /// Messages written here that are not on disk yet, in the order of writing. They are not in the transcript.
    var unsaved: [Unsaved] = []
    /// Whether everything that came before now has been loaded.
    private(set) var isCaughtUp = false
    /// Whether `caughtUp` has never happened. Until then, all that the user has not read is new.
    private(set) var isBeforeFirstCatchUp = true

    /// Nil if unknown.
    private(set) var presence: Presence?
    /// Until when the peer counts as typing.
    var typingUntil: ContinuousClock.Instant?
    var blocking = Blocking()

    struct Unsaved: Sendable, Equatable {
        var id: ClientMessageID
        var text: UntrustedText
        /// What the input line contained.
        var draft: String
        var product: Product?
        var createdAt: Timestamp
    }

    init(
        user: UserID, peer: UserID, peerName: OverridableText, products: ConversationProducts,
        capacity: Transcript.Capacity = Transcript.Capacity()
    ) {
        self.user = user
        self.peer = peer
        self.peerName = peerName
        self.products = products
        transcript = Transcript(user: user, capacity: capacity)
    }

    /// The peer's name. It is safe to show.
    var peerDisplayName: String { peerName.displayed(or: peer) }

    func isAbout(_ message: Message) -> Bool { message.isBetween(user, peer) }
}

// MARK: - What happens to it

extension ConversationState {
    /// The connection was lost. Messages that arrive from now on come after a gap, until the missing ones are loaded.
    mutating func connectionLost() {
        presence = nil
        typingUntil = nil
        isCaughtUp = false
        transcript.openGapAtEnd()
    }

    /// No message is missing any more.
    mutating func caughtUp() {
        isCaughtUp = true
        isBeforeFirstCatchUp = false
        transcript.closeOpenGap()
    }

    /// Nobody can say whether messages are missing.
    mutating func pastStaysUnknown() {
        transcript.markOpenGapUnknown()
        caughtUp()
    }

    /// The peer has read the messages up to this one. That implies that they were delivered.
    mutating func peerRead(upTo id: MessageID) {
        transcript.move(\.delivered, to: id)
        transcript.move(\.read, to: id)
    }

    /// Adds a message that arrived. False if it is there already, or belongs to another conversation.
    ///
    /// - Parameter isLate: Whether messages that are here already were stored after it.
    mutating func receive(_ message: Message, isLate: Bool = false) -> Bool {
        guard isAbout(message) else { return false }
        if let product = message.product { products.note(product, isNewest: !isLate) }
        return isLate ? transcript.insert(message) : transcript.append(message)
    }

    /// Adds the messages of this conversation in the given way.
    mutating func merge(_ page: [Message], by merge: (inout Transcript, [Message]) -> Void) {
        let page = page.filter(isAbout)
        noteProducts(of: page)
        merge(&transcript, page)
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

    mutating func blocked(_ isBlocked: Bool) -> Blocking.Report {
        if isBlocked {
            presence = nil
            typingUntil = nil
        }
        return blocking.reported(isBlocked)
    }
}

// MARK: - Messages written here

extension ConversationState {
    /// Records a message that is being saved on disk. It is shown once it is saved.
    ///
    /// - Parameter draft: What the input line contained. Nil for the draft that produces this text.
    mutating func beginSaving(
        _ id: ClientMessageID, _ text: UntrustedText, draft: String? = nil, about product: Product?,
        createdAt: Timestamp
    ) {
        _ = removeUnsaved(id)
        let draft = draft ?? Submission.draft(of: text.wire)
        unsaved.append(Unsaved(id: id, text: text, draft: draft, product: product, createdAt: createdAt))
        if let product { products.note(product) }
    }

    /// Removes a message that was saved, or could not be saved. Nil if it was not being saved.
    mutating func removeUnsaved(_ id: ClientMessageID) -> Unsaved? {
        unsaved.firstIndex { $0.id == id }.map { unsaved.remove(at: $0) }
    }

    mutating func putPending(_ message: Unsaved, _ status: UnsentStatus) {
        transcript.putPending(
            Transcript.Pending(
                id: message.id, text: message.text, product: message.product, createdAt: message.createdAt,
                status: status))
    }

    /// Sends a failed message again. One that is not on disk is saved first.
    mutating func resend(_ failed: Transcript.Pending) -> Effect {
        if case .notSaved = failed.status {
            transcript.removePending(failed.id)
            beginSaving(failed.id, failed.text, about: failed.product, createdAt: failed.createdAt)
            return .send(id: failed.id, text: failed.text.wire, product: failed.product)
        }
        transcript.setStatus(.waiting, of: failed.id)
        return .resend(id: failed.id)
    }

    /// Removes a failed message. Nil if it was not on disk, so there is nothing to discard there.
    mutating func discard(_ failed: Transcript.Pending) -> Effect? {
        transcript.removePending(failed.id)
        if case .notSaved = failed.status { return nil }
        return .discard(id: failed.id)
    }
}
