import ChatWire

// The flags of conversations, and since when the peers wait for an answer.

extension Inbox {
    /// Sets a flag of a conversation, or removes it.
    /// - Returns: the change to store.
    mutating func set(_ flag: ConversationFlag, _ isSet: Bool, of peer: UserID) -> StoreChange {
        let tellsLast = flag == .archived && isSet || flag == .muted && !isSet
        let last = tellsLast ? lastMessage(of: peer)?.id : nil
        flags[peer, default: StoredFlags()].set(flag, isSet, last: last)
        noteChanged(peer)
        return .flag(flag, isSet, peer: peer, last: last)
    }

    /// Takes in the stored flags, which other windows may have changed.
    mutating func restore(_ stored: [UserID: StoredFlags]) {
        let changed = Set(flags.keys).union(stored.keys).filter { flags[$0] != stored[$0] }
        flags = stored
        for peer in changed {
            noteChanged(peer)
            if let last = lastMessage(of: peer) { bringBack(peer, for: last) }
        }
    }

    /// A message brings an archived conversation back if the peer wrote it after it was archived.
    mutating func bringBack(_ peer: UserID, for message: Message) {
        guard let stored = flags[peer], stored.flags.contains(.archived), !stored.flags.contains(.muted),
            message.sender == peer, message.id != stored.archivedAfter
        else { return }
        flags[peer]?.set(.archived, false, last: nil)
        noteChanged(peer)
        broughtBack.append(.flag(.archived, false, peer: peer, last: message.id))
    }

    /// The changes to store for the conversations that came back from the archive since the last call.
    mutating func takeBroughtBack() -> [StoreChange] {
        defer { broughtBack = [] }
        return broughtBack
    }

    /// What is known beyond the server's list of the conversations whose notes changed since the last call.
    mutating func takeNotes() -> [UserID: ConversationNotes] {
        var notes: [UserID: ConversationNotes] = [:]
        for peer in takeNotedPeers() {
            let now = ConversationNotes(flags: flags[peer]?.flags ?? [], waitingSince: earlierWait(of: peer))
            if now == reportedNotes[peer, default: ConversationNotes()] { continue }
            reportedNotes[peer] = now
            notes[peer] = now
        }
        return notes
    }
}

extension Timestamp? {
    /// Since when the peer waits for an answer, after another message.
    func waiting(after message: Message, of peer: UserID) -> Timestamp? {
        guard message.sender == peer else { return nil }
        return map { Swift.min($0, message.createdAt) } ?? message.createdAt
    }
}
