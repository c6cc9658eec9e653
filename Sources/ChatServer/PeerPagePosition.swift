import ChatWire

/// A range of a user's conversations in the order of their last messages.
public struct ConversationRange: Sendable, Hashable {
    /// The place after which the last messages are, in commit order from 0; nil for no lower bound.
    public var after: Int?
    /// The place before which the last messages are; nil for no upper bound.
    public var before: Int?

    public init(after: Int? = nil, before: Int? = nil) {
        self.after = after
        self.before = before
    }

    func contains(_ place: Int) -> Bool {
        after.map { $0 < place } ?? true && before.map { place < $0 } ?? true
    }
}

/// The marks of the latest conversations of a range, the latest first.
public struct MarksPage: Sendable, Hashable {
    /// The marks, without those of conversations that are too old.
    public var marks: [ConversationMarks]
    /// The places of the first and the last conversation that was looked at; nil if there was none.
    public var newest: Int?
    public var oldest: Int?
    /// Whether the range may have more conversations that are not too old.
    public var hasMore: Bool

    public init(marks: [ConversationMarks], newest: Int?, oldest: Int?, hasMore: Bool) {
        self.marks = marks
        self.newest = newest
        self.oldest = oldest
        self.hasMore = hasMore
    }
}

/// The position of a connection in the list of its user's recent conversations.
///
/// The list is read from the latest conversation to the oldest. A conversation that gets a message meanwhile moves to
/// the front and would be missed. So afterwards the conversations in front of the first one are read, until all of them
/// fit on one page.
public struct PeerPagePosition: Sendable, Hashable {
    var range = ConversationRange()
    /// The place of the latest conversation when the reading of this range began.
    var newest: Int?

    public static let start = PeerPagePosition()

    /// Returns the position of the next page; nil at the end.
    func next(after page: MarksPage) -> PeerPagePosition? {
        let newest = newest ?? page.newest
        if page.hasMore, let oldest = page.oldest {
            return PeerPagePosition(range: .init(after: range.after, before: oldest), newest: newest)
        }
        // A single page shows one moment, so nothing can have been missed.
        guard range.before != nil, let newest else { return nil }
        return PeerPagePosition(range: .init(after: newest))
    }
}
