import ChatWire

/// Which conversations the list shows, and in which order.
struct InboxView: Sendable, Hashable {
    var selection = Selection.usual
    /// Whether those who wait longest for an answer come first. Otherwise the latest message comes first.
    var isLongestWaitingFirst = false

    enum Selection: Sendable, Hashable {
        /// All that are not archived.
        case usual
        /// Those whose last message is the peer's.
        case unanswered
        case unread
        case archived
    }

    /// - Parameter findsArchived: Whether the archived ones belong to the usual selection, too.
    func includes(_ entry: InboxEntry, findsArchived: Bool) -> Bool {
        switch selection {
        case .usual: findsArchived || !entry.has(.archived)
        case .unanswered: !entry.has(.archived) && entry.waitingSince != nil
        case .unread: !entry.has(.archived) && entry.isUnread
        case .archived: entry.has(.archived)
        }
    }

    /// Whether a conversation comes before another one.
    func precedes(_ entry: InboxEntry, _ other: InboxEntry) -> Bool {
        if isLongestWaitingFirst {
            switch (entry.waitingSince, other.waitingSince) {
            case (let one?, let two?) where one != two: return one < two
            case (nil, .some): return false
            case (.some, nil): return true
            case (nil, nil), (.some, .some): break
            }
        } else if entry.has(.pinned) != other.has(.pinned) {
            return entry.has(.pinned)
        }
        return ConversationList.Recency.isLater(entry.recency, other.recency)
    }
}
