import ChatWire

/// A message's place in its conversation. The rules for places and gaps in this file are those of every
/// `ConversationStore`.
///
/// Messages are in the server's order, which is known from runs of its history and from cursors. Times decide only
/// where neither is known. `orderedAt` is the message's time, or, if a clock was wrong, the nearest time that gives it
/// the right place. It is never shown.
package struct MessagePlace: Sendable, Hashable, Comparable {
    package var orderedAt: Timestamp
    /// Nil if the message has no cursor. It is then before those of the same time that have one.
    package var cursor: Int?
    /// The message's number in the order of arrival.
    package var arrival: Int64

    package init(orderedAt: Timestamp, cursor: Int?, arrival: Int64) {
        self.orderedAt = orderedAt
        self.cursor = cursor
        self.arrival = arrival
    }

    package static func < (left: MessagePlace, right: MessagePlace) -> Bool {
        (left.orderedAt, left.cursor ?? 0, left.arrival) < (right.orderedAt, right.cursor ?? 0, right.arrival)
    }

    /// The nearest place to this one that is after `lower` and before `upper`. If there is no such place, it is after
    /// `lower`.
    package func clamped(after lower: MessagePlace?, before upper: MessagePlace?) -> MessagePlace {
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

extension MessagePlace {
    /// The place that the message's time gives it.
    package init(_ stored: StoredMessage, arrival: Int64) {
        self.init(orderedAt: stored.message.createdAt, cursor: stored.feedCursor, arrival: arrival)
    }
}

extension StoredMessage {
    /// The cursor; nil also for a number that is not positive, which only a faulty server sends.
    package var feedCursor: Int? { cursor.flatMap { $0 > 0 ? $0 : nil } }
}

extension Timestamp {
    /// The timestamp `step` microseconds later, or the same one if the number would overflow.
    fileprivate func next(by step: Int64) -> Timestamp {
        let (sum, overflow) = microseconds.addingReportingOverflow(step)
        return overflow ? self : Timestamp(microseconds: sum)
    }
}

// MARK: - Runs

/// Inserts a run of the server's history into a conversation in the run's own order.
package struct RunPlaces: Sendable {
    /// The place of each message of the run.
    package private(set) var places: [MessagePlace] = []

    /// - Parameters:
    ///   - wanted: For each message its present place, or the one that its time gives it.
    ///   - isHere: Whether each message is in the conversation already.
    ///   - lower: The nearest message whose cursor is lower than the first one's.
    ///   - upper: The nearest message whose cursor is higher than the last one's.
    package init(_ wanted: [MessagePlace], isHere: [Bool], after lower: MessagePlace?, before upper: MessagePlace?) {
        var (ends, end): ([MessagePlace?], MessagePlace?) = ([], upper)
        for index in wanted.indices.reversed() {
            ends.append(end)
            if isHere[index] { end = wanted[index] }
        }
        var start = lower
        for (index, end) in zip(wanted.indices, ends.reversed()) {
            // A message that is here is moved only if the run contradicts its place.
            let place = wanted[index].clamped(after: start, before: isHere[index] ? nil : end)
            places.append(place)
            start = place
        }
    }
}

extension [StoreChange] {
    /// Whether the cursors in this transaction belong to another feed than the stored position.
    package func beginsAnotherFeed(than position: FeedPosition) -> Bool {
        contains { change in
            guard case .restart(let new) = change else { return false }
            return new.epoch != position.epoch
        }
    }
}

extension [StoredMessage] {
    /// The messages between these two users, without repeated ones.
    package func ofConversation(_ user: UserID, _ peer: UserID) -> [StoredMessage] {
        var ids: Set<MessageID> = []
        return filter { $0.message.isBetween(user, peer) && ids.insert($0.message.id).inserted }
    }
}

// MARK: - Gaps

/// What decides about gaps when a message of the feed is inserted.
package struct FeedInsertion: Sendable {
    /// Nil if the message has no cursor.
    package var cursor: Int?
    /// The place of the previous message; nil if this is the conversation's first.
    package var previous: MessagePlace?
    package var isNewest: Bool
    /// Whether the conversation's newest message is the last one that the feed had of it.
    package var isJoined: Bool
    package var position: FeedPosition?

    package init(
        cursor: Int?, previous: MessagePlace?, isNewest: Bool, isJoined: Bool, position: FeedPosition?
    ) {
        self.cursor = cursor
        self.previous = previous
        self.isNewest = isNewest
        self.isJoined = isJoined
        self.position = position
    }

    package var followsGap: Bool {
        guard let previous else { return true }
        guard let cursor else { return false }
        guard isNewest, isJoined, let position else { return true }
        // Messages beyond the stored position may be missing, unless the previous message is from there, too.
        let isPreviousFromThere = previous.cursor.map { $0 > position.cursor } ?? false
        return cursor != position.cursor + 1 && !isPreviousFromThere
    }

    /// Whether the message is the last one that the feed has of its conversation, as far as the feed is here. A message
    /// from before the position was left out when another window restarted the feed. Messages after it may have been
    /// left out, too.
    package var joins: Bool {
        guard isNewest else { return false }
        guard let cursor, let position else { return true }
        return cursor > position.cursor
    }
}

/// The state of a run's first message before the run is stored.
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
    /// Creates a page from the messages before its end, newest first. The caller passes one message more than `limit`,
    /// if there is one.
    package init(newestFirst candidates: [(message: StoredMessage, followsGap: Bool)], limit: Int) {
        let end = candidates.prefix(max(0, limit)).firstIndex(where: \.followsGap)
        let taken = candidates.prefix(end.map { $0 + 1 } ?? max(0, limit))
        self.init(
            messages: taken.reversed().map(\.message),
            hasOlder: end == nil && candidates.count > taken.count,
            followsGap: end != nil)
    }
}

// MARK: - Marks

extension ConversationMark {
    /// The mark moved forward by another one.
    /// - Parameter place: The place of a message; nil if the message is not here.
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
