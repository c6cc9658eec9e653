import ChatWire

/// A stretch of a user's conversations, which stand in the order of their last messages.
public struct ConversationRange: Sendable, Hashable {
    /// The place of a last message behind which it begins: the order of commits, from 0.
    public var after: Int
    /// The place before which it ends.
    public var before: Int

    public init(after: Int = -1, before: Int = .max) {
        self.after = after
        self.before = before
    }
}

/// The marks of the latest conversations of a range, the latest first.
public struct MarksPage: Sendable, Hashable {
    /// Without those that are too old.
    public var marks: [ConversationMarks]
    /// The places of the first and the last one that was looked at; nil for none.
    public var newest: Int?
    public var oldest: Int?
    /// Whether there may be more of them in the range that are not too old.
    public var hasMore: Bool

    public init(marks: [ConversationMarks], newest: Int?, oldest: Int?, hasMore: Bool) {
        self.marks = marks
        self.newest = newest
        self.oldest = oldest
        self.hasMore = hasMore
    }
}

/// How far a connection has been told of its user's recent conversations.
///
/// They are gone through from the latest to the oldest. One that is written in meanwhile moves to the front, past whoever
/// goes through them; so those in front of the first one are gone through afterwards, until all of them fit into one page.
public struct PeerPagePosition: Sendable, Hashable {
    var range = ConversationRange()
    /// Where the latest conversation stood when the range was begun.
    var newest: Int?

    public static let start = PeerPagePosition()

    /// Nil at the end.
    func next(after page: MarksPage) -> PeerPagePosition? {
        let newest = newest ?? page.newest
        if page.hasMore, let oldest = page.oldest {
            return PeerPagePosition(range: .init(after: range.after, before: oldest), newest: newest)
        }
        // One page is how things stood at one moment.
        guard range.before != .max, let newest else { return nil }
        return PeerPagePosition(range: .init(after: newest))
    }
}
