import ChatWire

/// The user's drafts by receiver. A changed draft is stored after a short delay.
struct Drafts: Sendable {
    /// The drafts that are not on the disk yet.
    private(set) var unsaved: [UserID: String] = [:]
    /// The receivers of all drafts, stored or not.
    private(set) var receivers: Set<UserID> = []
    /// This window's drafts on the disk.
    private var stored: [UserID: String] = [:]
    /// Texts that belong to a draft and that the program was not told of yet.
    private var unshown: [UserID: String] = [:]
    /// The receivers whose stored drafts are being loaded.
    private var loading: Set<UserID> = []
    /// When the unsaved drafts are stored.
    private(set) var due: ContinuousClock.Instant?

    /// The delay collects several key presses into one write.
    private static let delay: Duration = .milliseconds(300)

    mutating func change(_ text: String, to peer: UserID, at now: ContinuousClock.Instant) {
        let text = Self.joined(text, unshown[peer])
        unsaved[peer] = text
        if text.isEmpty { receivers.remove(peer) } else { receivers.insert(peer) }
        if due == nil { due = now + Self.delay }
    }

    /// Removes a draft that was sent as a message. What the program was not told of was not in it.
    mutating func sent(to peer: UserID, at now: ContinuousClock.Instant) {
        unsaved[peer] = nil
        receivers.remove(peer)
        if unshown[peer] != nil { change("", to: peer, at: now) }
        if unsaved.isEmpty { due = nil }
    }

    /// Keeps a draft that the disk refused, unless there is a newer one.
    mutating func putBack(_ text: String, to peer: UserID) {
        if unsaved[peer] == nil { unsaved[peer] = text }
    }

    /// Puts the text of a message that the disk refused before the present draft.
    ///
    /// - Parameter draft: The draft that is being stored, if there is one.
    mutating func putBack(message text: String, to peer: UserID, before draft: String?) {
        let draft = unsaved[peer] ?? draft ?? ""
        unsaved[peer] = draft.isEmpty ? text : "\(text)\n\(draft)"
        unshown[peer] = Self.joined(unshown[peer] ?? "", text)
    }

    /// What the user has typed comes first, as in the program: there the other text waits until the typed one is sent.
    private static func joined(_ typed: String, _ other: String?) -> String {
        JoinedDrafts.text([typed, other ?? ""].filter { !$0.isEmpty })
    }

    /// Tries the disk again after `delay`.
    mutating func retry(after delay: Duration, from now: ContinuousClock.Instant) {
        if !unsaved.isEmpty { due = now + delay }
    }

    /// The drafts to store now.
    mutating func take() -> [UserID: String] {
        let ready = unsaved.filter { !isHeld($0.key) }
        unsaved = unsaved.filter { isHeld($0.key) }
        due = nil
        return ready
    }
}

// MARK: - Loading

/// Loading moves what closed windows left to this window's draft on the disk. So a text that is typed meanwhile must not
/// be stored in its place.
extension Drafts {
    mutating func beginLoading(_ peer: UserID) { loading.insert(peer) }

    /// Whether the draft is not stored before the one on the disk is known.
    func isHeld(_ peer: UserID) -> Bool { loading.contains(peer) && stored[peer] == nil }

    /// Whether a draft waits only for the one on the disk.
    var areHeld: Bool { unsaved.keys.contains(where: isHeld) }

    /// The conversation was loaded, or could not be.
    /// - Parameters:
    ///   - text: This window's draft on the disk. If this window did not store it, closed windows left it.
    ///   - saving: The draft that is being stored, if there is one.
    mutating func loaded(_ text: String?, of peer: UserID, saving: String?, at now: ContinuousClock.Instant) {
        loading.remove(peer)
        if let text, !text.isEmpty, text != stored[peer] {
            stored[peer] = text
            receivers.insert(peer)
            let typed = unsaved[peer] ?? saving
            unshown[peer] = Self.joined(unshown[peer] ?? "", text)
            if let typed { unsaved[peer] = typed.hasPrefix(text) ? typed : Self.joined(typed, text) }
        }
        if unsaved[peer] != nil, due == nil { due = now }
    }

    mutating func saved(_ text: String, to peer: UserID) { stored[peer] = text.isEmpty ? nil : text }

    /// What the program has to be told of when the conversation is shown. What it knows already may be told again, since
    /// it passes over what is told while the user opens another conversation.
    /// - Parameter saving: The draft that is being stored, if there is one.
    mutating func takeShown(of peer: UserID, saving: String?, again: Bool) -> String? {
        let known = again && unsaved[peer] == nil && saving == nil ? stored[peer] : nil
        return unshown.removeValue(forKey: peer) ?? known
    }
}
