import ClientUpdates

/// The texts that Up and Down recall, as in a shell: those that were sent, whatever conversation they went to.
///
/// The draft is the entry after the latest text. It stays there while other texts are recalled, and comes back when one
/// of them was sent. Changes to a recalled text are kept until something is sent, so that going to another entry loses
/// nothing. What the user has written stays about its product meanwhile.
struct InputHistory: Sendable, Equatable {
    /// The oldest first. They were collected when Up left the draft.
    private var entries: [String] = []
    /// The changed entries. The one after the last entry is the draft.
    private var edited: [Int: Draft] = [:]
    private var position = 0
    /// Texts that were put aside for others and were not sent.
    private var aside: [String] = []

    static let capacity = 100

    private var isAtDraft: Bool { position == entries.count }

    /// The draft that waits while another text is in the input line. Empty if there is none.
    private var waitingDraft: Draft { isAtDraft ? "" : edited[entries.count] ?? "" }

    /// Goes to the previous text (-1) or the next one (1). Nil if there is none.
    ///
    /// - Parameters:
    ///   - current: The text in the input line, with the user's changes.
    ///   - sent: The texts that were sent, the oldest first.
    mutating func step(by distance: Int, leaving current: Draft, sent: @autoclosure () -> [String]) -> Draft? {
        if isAtDraft {
            guard distance < 0 else { return nil }
            if edited.keys.allSatisfy({ $0 == entries.count }) {
                entries = sent() + aside
                (edited, position) = ([:], entries.count)
            }
        }
        let target = position + distance
        guard (0...entries.count).contains(target) else { return nil }
        leave(current)
        position = target
        return edited[target] ?? (target < entries.count ? Draft(entries[target]) : "")
    }

    private mutating func leave(_ current: Draft) {
        if isAtDraft || edited[position] != nil || entries[position] != current.text { edited[position] = current }
    }

    /// The text in the input line was sent or performed. Returns the draft that waited meanwhile.
    mutating func backToDraft() -> Draft {
        let draft = waitingDraft
        (entries, edited, position) = ([], [:], 0)
        return draft
    }

    /// A text of another origin takes the place of the one in the input line, as if it had been recalled.
    mutating func recall(_ text: Draft, leaving current: Draft) {
        if isAtDraft, current.isEmpty { return }
        leave(current)
        let draft = edited.removeValue(forKey: entries.count) ?? ""
        if !isAtDraft, edited[position] != nil { putAside(current.text) }
        entries.append(text.text)
        position = entries.count - 1
        edited[position] = text
        edited[entries.count] = draft
    }

    /// A draft comes while something else is in the input line. It waits as if that had been recalled.
    mutating func wait(_ draft: Draft, behind current: Draft) {
        let waiting = waitingDraft
        if isAtDraft {
            edited[entries.count] = nil
            entries.append(current.text)
            position = entries.count - 1
            edited[position] = current
        }
        edited[entries.count] = draft.followed(by: waiting)
    }

    /// Undoing has brought back this text. If it is the draft, nothing is recalled any more.
    mutating func broughtBack(_ text: String) {
        if !isAtDraft, text == waitingDraft.text { position = entries.count }
    }

    /// Keeps a text that was not sent and has no place in the input line.
    mutating func putAside(_ text: String) {
        aside.append(text)
        if aside.count > Self.capacity { aside.removeFirst() }
    }

    /// What would be lost with the input line: the text in it, and the draft that waits. A recalled text that was not
    /// changed would not.
    func unsaved(with current: Draft) -> Draft {
        let isUnchanged = !isAtDraft && edited[position] == nil && entries[position] == current.text
        return isUnchanged && !waitingDraft.isEmpty ? waitingDraft : current.followed(by: waitingDraft)
    }
}

extension Draft {
    /// One draft of both. It is about what the first is about, which is in the input line.
    fileprivate func followed(by other: Draft) -> Draft {
        guard !isEmpty, !other.isEmpty else { return isEmpty ? other : self }
        return Draft("\(text)\n\(other.text)", product: product ?? other.product)
    }
}

/// The texts that were sent from this window, each once, the oldest first.
struct SentTexts: Sendable, Equatable {
    private(set) var all: [String] = []

    mutating func add(_ text: String) {
        all.removeAll { $0 == text }
        all.append(text)
        if all.count > InputHistory.capacity { all.removeFirst() }
    }

    /// These texts, and before them the user's own messages of a conversation, which may be from another day.
    func recallable(after transcript: Transcript) -> [String] {
        var older: [String] = []
        let pending = transcript.pending.map(\.text)
        let stored = transcript.stored.lazy.filter { $0.sender == transcript.user }.map(\.text)
        for text in pending.reversed() + stored.reversed().prefix(InputHistory.capacity) {
            let draft = Submission.draft(of: text.wire)
            if !older.contains(draft), !all.contains(draft) { older.append(draft) }
        }
        return older.reversed() + all
    }
}
