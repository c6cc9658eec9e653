import ChatWire

/// What the user is writing, and to whom. It goes to disk a moment after it changed.
struct Drafts: Sendable {
    /// What is not on disk yet.
    private(set) var unsaved: [UserID: String] = [:]
    /// To whom something is being written, on disk or not.
    private(set) var receivers: Set<UserID> = []
    /// When the unsaved ones go to disk.
    private(set) var due: ContinuousClock.Instant?

    /// Whoever types is not written after every key.
    private static let delay: Duration = .milliseconds(300)

    mutating func change(_ text: String, to peer: UserID, at now: ContinuousClock.Instant) {
        unsaved[peer] = text
        if text.isEmpty { receivers.remove(peer) } else { receivers.insert(peer) }
        if due == nil { due = now + Self.delay }
    }

    /// What was written became a message.
    mutating func sent(to peer: UserID) {
        unsaved[peer] = nil
        receivers.remove(peer)
        if unsaved.isEmpty { due = nil }
    }

    /// The disk did not take it. What is newer stays.
    mutating func putBack(_ text: String, to peer: UserID) {
        if unsaved[peer] == nil { unsaved[peer] = text }
    }

    /// A message that the disk did not take stands before what was written since.
    ///
    /// - Parameter draft: the draft that the disk is about to get, where there is one.
    mutating func putBack(message text: String, to peer: UserID, before draft: String?) {
        let draft = unsaved[peer] ?? draft ?? ""
        unsaved[peer] = draft.isEmpty ? text : "\(text)\n\(draft)"
    }

    /// The disk is tried once more after a while.
    mutating func retry(after delay: Duration, from now: ContinuousClock.Instant) {
        if !unsaved.isEmpty { due = now + delay }
    }

    /// Those that go to disk now.
    mutating func take() -> [UserID: String] {
        defer { unsaved = [:] }
        due = nil
        return unsaved
    }
}
