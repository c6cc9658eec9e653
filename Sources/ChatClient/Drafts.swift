import ChatWire

/// The user's drafts by receiver. A changed draft is stored after a short delay.
struct Drafts: Sendable {
    private var states: [UserID: State] = [:]
    /// When the unsaved drafts are stored.
    private(set) var due: ContinuousClock.Instant?

    /// The draft for one receiver.
    private struct State: Sendable {
        /// What is not on the disk yet. An empty one removes the draft there.
        var unsaved: Draft?
        /// This window's draft on the disk.
        var stored: Draft?
        /// What belongs to the draft and the program was not told of yet.
        var unshown: Draft?
        /// Whether the stored draft is being loaded.
        var isLoading = false
        /// Whether there is a draft, stored or not.
        var exists = false

        /// Whether the draft is not stored before the one on the disk is known.
        var isHeld: Bool { isLoading && stored == nil }
    }

    /// The delay collects several key presses into one write.
    private static let delay: Duration = .milliseconds(300)

    /// The drafts that are not on the disk yet.
    var unsaved: [UserID: Draft] { states.compactMapValues(\.unsaved) }
    /// The number of drafts, stored or not.
    var count: Int { states.values.count(where: \.exists) }

    mutating func change(_ draft: Draft, to peer: UserID, at now: ContinuousClock.Instant) {
        let draft = Self.joined(draft, states[peer]?.unshown)
        states[peer, default: State()].unsaved = draft
        states[peer]?.exists = !draft.isEmpty
        if due == nil { due = now + Self.delay }
    }

    /// Removes a draft that was sent as a message. What the program was not told of was not in it.
    mutating func sent(to peer: UserID, at now: ContinuousClock.Instant) {
        states[peer]?.unsaved = nil
        states[peer]?.exists = false
        if states[peer]?.unshown != nil { change("", to: peer, at: now) }
        if unsaved.isEmpty { due = nil }
    }

    /// Keeps a draft that the disk refused, unless there is a newer one.
    mutating func putBack(_ draft: Draft, to peer: UserID) {
        if states[peer]?.unsaved == nil { states[peer, default: State()].unsaved = draft }
    }

    /// Puts a message that the disk refused before the present draft.
    ///
    /// - Parameter saving: The draft that is being stored, if there is one.
    mutating func putBack(message: Draft, to peer: UserID, before saving: Draft?) {
        var state = states[peer] ?? State()
        let draft = state.unsaved ?? saving ?? ""
        state.unsaved =
            draft.isEmpty ? message : Draft("\(message.text)\n\(draft.text)", product: draft.product ?? message.product)
        state.unshown = Self.joined(state.unshown ?? "", message)
        states[peer] = state
    }

    /// What the user has typed comes first, as in the program: there the other text waits until the typed one is sent.
    private static func joined(_ typed: Draft, _ other: Draft?) -> Draft {
        guard let other, !other.isEmpty else { return typed }
        guard !typed.isEmpty else { return other }
        return Draft(Draft.joined([typed, other]).text, product: typed.product ?? other.product)
    }

    /// Tries the disk again after `delay`.
    mutating func retry(after delay: Duration, from now: ContinuousClock.Instant) {
        if !unsaved.isEmpty { due = now + delay }
    }

    /// The drafts to store now.
    mutating func take() -> [UserID: Draft] {
        let ready = states.filter { !$0.value.isHeld }.compactMapValues(\.unsaved)
        for peer in ready.keys { states[peer]?.unsaved = nil }
        due = nil
        return ready
    }
}

// MARK: - Loading

/// Loading moves what closed windows left to this window's draft on the disk. So a text that is typed meanwhile must not
/// be stored in its place.
extension Drafts {
    mutating func beginLoading(_ peer: UserID) { states[peer, default: State()].isLoading = true }

    /// Whether the draft is not stored before the one on the disk is known.
    func isHeld(_ peer: UserID) -> Bool { states[peer]?.isHeld ?? false }

    /// Whether a draft waits only for the one on the disk.
    var areHeld: Bool { states.values.contains { $0.unsaved != nil && $0.isHeld } }

    /// The conversation was loaded, or could not be.
    /// - Parameters:
    ///   - draft: This window's draft on the disk. If this window did not store it, closed windows left it.
    ///   - saving: The draft that is being stored, if there is one.
    mutating func loaded(_ draft: Draft?, of peer: UserID, saving: Draft?, at now: ContinuousClock.Instant) {
        var state = states[peer] ?? State()
        state.isLoading = false
        if let draft, !draft.isEmpty, draft != state.stored {
            state.stored = draft
            state.exists = true
            let typed = state.unsaved ?? saving
            state.unshown = Self.joined(state.unshown ?? "", draft)
            if let typed { state.unsaved = typed.text.hasPrefix(draft.text) ? typed : Self.joined(typed, draft) }
        }
        states[peer] = state
        if state.unsaved != nil, due == nil { due = now }
    }

    mutating func saved(_ draft: Draft, to peer: UserID) {
        states[peer, default: State()].stored = draft.isEmpty ? nil : draft
    }

    /// What the program has to be told of when the conversation is shown. What it knows already may be told again, since
    /// it passes over what is told while the user opens another conversation.
    /// - Parameter saving: The draft that is being stored, if there is one.
    mutating func takeShown(of peer: UserID, saving: Draft?, again: Bool) -> Draft? {
        guard let state = states[peer] else { return nil }
        states[peer]?.unshown = nil
        return state.unshown ?? (again && state.unsaved == nil && saving == nil ? state.stored : nil)
    }
}
