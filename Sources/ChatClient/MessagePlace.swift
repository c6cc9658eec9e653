import ChatWire

/// Where a message stands in its conversation, and whether it follows its neighbour: the rules that every
/// `ConversationStore` keeps.
///
/// The server's order counts, which a run has and cursors tell. Times place only what neither does: a message's `orderedAt`
/// is its time, or, where a clock was wrong, the nearest one that puts it where it belongs. It is never shown.
package struct MessagePlace: Sendable, Hashable, Comparable {
    package var orderedAt: Timestamp
    /// 0 where the message has none.
    package var cursor: Int
    /// Counts the messages as they came.
    package var arrival: Int64

    package init(orderedAt: Timestamp, cursor: Int, arrival: Int64) {
        self.orderedAt = orderedAt
        self.cursor = cursor
        self.arrival = arrival
    }

    package static func < (left: MessagePlace, right: MessagePlace) -> Bool {
        (left.orderedAt, left.cursor, left.arrival) < (right.orderedAt, right.cursor, right.arrival)
    }

    /// The nearest place to this one that is behind a message and before another one. Where there is no such place, it is
    /// behind.
    package func moved(behind lower: MessagePlace?, before upper: MessagePlace?) -> MessagePlace {
        var place = self
        if let upper, place >= upper {
            place.orderedAt = upper.orderedAt
            if place >= upper { place.orderedAt = place.orderedAt.next(by: -1) }
        }
        if let lower, place <= lower {
            place.orderedAt = lower.orderedAt
            if place <= lower { place.orderedAt = place.orderedAt.next(by: 1) }
        }
        return place
    }
}

extension Timestamp {
    /// Itself at the end of what numbers there are.
    fileprivate func next(by step: Int64) -> Timestamp {
        let (sum, overflow) = microseconds.addingReportingOverflow(step)
        return overflow ? self : Timestamp(microseconds: sum)
    }
}

// MARK: - Runs

/// Puts a run of the server's into a conversation so that the run's own order holds.
package struct RunPlaces: Sendable {
    /// For each message of the run where it is to stand.
    package private(set) var places: [MessagePlace] = []

    /// - Parameters:
    ///   - wanted: for each message where it is, or would be by its time.
    ///   - isHere: whether it is there already.
    ///   - lower: what has a lower cursor than the first one, next to it.
    ///   - upper: what has a higher cursor than the last one, next to it.
    package init(_ wanted: [MessagePlace], isHere: [Bool], behind lower: MessagePlace?, before upper: MessagePlace?) {
        var (ends, end): ([MessagePlace?], MessagePlace?) = ([], upper)
        for index in wanted.indices.reversed() {
            ends.append(end)
            if isHere[index] { end = wanted[index] }
        }
        var start = lower
        for (index, end) in zip(wanted.indices, ends.reversed()) {
            // What is here moves only where the run says that it stands elsewhere.
            let place = wanted[index].moved(behind: start, before: isHere[index] ? nil : end)
            places.append(place)
            start = place
        }
    }
}

extension [StoreChange] {
    /// Whether the cursors of this transaction are of another feed than the stored position.
    package func beginsAnotherFeed(than position: FeedPosition) -> Bool {
        contains { change in
            guard case .restart(let new) = change else { return false }
            return new.epoch != position.epoch
        }
    }
}

extension [StoredMessage] {
    /// Each message of these two once.
    package func ofConversation(_ user: UserID, _ peer: UserID) -> [StoredMessage] {
        var ids: Set<MessageID> = []
        return filter { $0.message.isBetween(user, peer) && ids.insert($0.message.id).inserted }
    }
}

// MARK: - Gaps

/// What is known of the place where a message of the feed is put.
package struct Arrival: Sendable {
    package var cursor: Int
    /// The cursor of the message just before it; nil where it is the conversation's first.
    package var previousCursor: Int?
    package var isNewest: Bool
    /// The conversation's newest message is the last that the feed had of it.
    package var isJoined: Bool
    package var position: FeedPosition?

    package init(
        cursor: Int, previousCursor: Int?, isNewest: Bool, isJoined: Bool, position: FeedPosition?
    ) {
        self.cursor = cursor
        self.previousCursor = previousCursor
        self.isNewest = isNewest
        self.isJoined = isJoined
        self.position = position
    }

    package var followsGap: Bool {
        guard let previousCursor else { return true }
        if cursor == 0 { return false }
        guard isNewest, isJoined, let position else { return true }
        // Beyond the stored position something may be missing, unless the message before it is already from there.
        return cursor != position.cursor + 1 && previousCursor <= position.cursor
    }

    /// Whether it is the last that the feed has of its conversation, as far as the feed is here. What comes from behind the
    /// position was left out where another window began the feed anew, and so may be what came after it.
    package var joins: Bool {
        isNewest && (cursor == 0 || cursor > position?.cursor ?? 0)
    }
}

/// What is known of the first message of a run.
package struct RunStart: Sendable {
    package var wasHere: Bool
    package var followedGap: Bool
    package var hasPrevious: Bool

    package init(wasHere: Bool, followedGap: Bool, hasPrevious: Bool) {
        self.wasHere = wasHere
        self.followedGap = followedGap
        self.hasPrevious = hasPrevious
    }

    package func followsGap(hasOlder: Bool) -> Bool {
        hasOlder && !(wasHere && !followedGap && hasPrevious)
    }
}

extension StoredPage {
    /// A page from what comes before its end, newest first, of which there must be one more than the limit if there are.
    package init(newestFirst candidates: [(message: StoredMessage, followsGap: Bool)], limit: Int) {
        let end = candidates.prefix(max(0, limit)).firstIndex(where: \.followsGap)
        let taken = candidates.prefix(end.map { $0 + 1 } ?? max(0, limit))
        self.init(
            messages: taken.reversed().map(\.message),
            hasOlder: end == nil && candidates.count > taken.count,
            followsGap: end != nil)
    }
}

// MARK: - What a change keeps

extension ConversationMark {
    /// Moves forward. `place` says where a message stands that is here.
    package func moved(
        by newer: ConversationMark, place: (MessageID) throws -> MessagePlace?
    ) rethrows -> ConversationMark {
        ConversationMark(
            user: user,
            delivered: try Self.further(delivered, newer.delivered, place),
            read: try Self.further(read, newer.read, place))
    }

    private static func further(
        _ old: MessageID?, _ new: MessageID?, _ place: (MessageID) throws -> MessagePlace?
    ) rethrows -> MessageID? {
        guard let old, let oldPlace = try place(old) else { return new ?? old }
        guard let new, let newPlace = try place(new) else { return old }
        return newPlace > oldPlace ? new : old
    }
}

extension Product {
    /// The newer one, with the title that is known where it names only the same id.
    package func updated(to newer: Product?) -> Product {
        guard var newer else { return self }
        let isSame = newer.id.map { UntrustedText($0) } == id.map { UntrustedText($0) }
        if newer.title == nil, isSame { newer.title = title }
        return newer
    }
}
