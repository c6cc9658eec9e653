import ChatWire

/// The user's drafts by receiver. A changed draft is stored after a short delay.
struct Drafts: Sendable {
    /// The drafts that are not on the disk yet.
    private(set) var unsaved: [UserID: String] = [:]
    /// The receivers of all drafts, stored or not.
    private(set) var receivers: Set<UserID> = []
    /// When the unsaved drafts are stored.
    private(set) var due: ContinuousClock.Instant?

    /// The delay collects several key presses into one write.
    private static let delay: Duration = .milliseconds(300)

    mutating func change(_ text: String, to peer: UserID, at now: ContinuousClock.Instant) {
        unsaved[peer] = text
        if text.isEmpty { receivers.remove(peer) } else { receivers.insert(peer) }
        if due == nil { due = now + Self.delay }
    }

    /// Removes a draft that was sent as a message.
    mutating func sent(to peer: UserID) {
        unsaved[peer] = nil
        receivers.remove(peer)
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
    }

    /// Tries the disk again after `delay`.
    mutating func retry(after delay: Duration, from now: ContinuousClock.Instant) {
        if !unsaved.isEmpty { due = now + delay }
    }

    /// The drafts to store now.
    mutating func take() -> [UserID: String] {
        defer { unsaved = [:] }
        due = nil
        return unsaved
    }
}
