import ChatServer
import ChatWire
import GRDB

/// A range of the log that the writer has in its cache. It writes the same rows as ``Settlement``'s statements do, but
/// without reading the log: reading a row costs more than everything done here for a message.
struct CachedLogRange {
    private let start: Int64
    /// The `seq` of its last message.
    private(set) var end: Int64
    /// The number of rows that settling it writes.
    private(set) var rows = 0
    private let recent: RecentMessages
    private let keys: UnsettledIdempotencyKeys
    /// A user by its index in ``LogWriter``.
    private let user: (Int) -> UserID
    private var sides: [Side] = []
    private var names = IdempotencyKeyRanges()
    private let arena = TextArena()

    /// - Parameters:
    ///   - part: The range of the log whose beginning is taken; at least one message.
    ///   - most: The most rows that settling it may write.
    init(
        _ part: ClosedRange<Int64>, atMost most: Int, _ recent: RecentMessages, _ keys: UnsettledIdempotencyKeys,
        user: @escaping (Int) -> UserID
    ) {
        (start, end) = (part.lowerBound, part.upperBound)
        (self.recent, self.keys, self.user) = (recent, keys, user)
        var indices: [Pair: Int] = [:]
        for seq in part {
            guard let entry = recent[seq] else { continue }
            if rows >= most {
                end = seq - 1
                break
            }
            add(entry, at: seq, &indices)
        }
    }

    /// Call it within a transaction.
    func settle(_ database: Database) throws {
        try insertKeys(database)
        try insertAnchors(database)
        try upsertSides(database)
    }

    private func insertKeys(_ database: Database) throws {
        let insert = try HotStatement(
            database, "INSERT INTO sendings (sender_id, client_message_id, seq) VALUES (?, ?, ?)", in: arena)
        for seq in names.single {
            guard let stored = keys[seq] else { continue }
            try insert.execute(stored.message.sender, stored.clientMessageID, seq)
        }
        let insertRange = try HotStatement(
            database,
            "INSERT INTO sending_ranges (sender_id, first_id, last_id, members, remaining) VALUES (?, ?, ?, ?, ?)",
            in: arena)
        for range in names.ranges {
            guard let first = range.members.first, let last = range.members.last else { continue }
            try insertRange.execute(
                user(range.sender), keys[first.seq]?.clientMessageID, keys[last.seq]?.clientMessageID,
                Blob(bytes: IdempotencyKeyRanges.bytes(range.members)), Int64(range.members.count))
        }
    }

    private func insertAnchors(_ database: Database) throws {
        let insertFeed = try HotStatement(
            database, "INSERT INTO feeds (user_id, cursor, seq) VALUES (?, ?, ?)", in: arena)
        let insertPlace = try HotStatement(
            database, "INSERT INTO conversation_places (peer_low, peer_high, known_to, seq) VALUES (?, ?, ?, ?)",
            in: arena)
        try forEach { seq, entry in
            if entry.isAnchorOfConversation {
                let (sender, receiver) = (user(entry.sender), user(entry.receiver))
                let isSenderLow = sender.wire.precedes(inBytes: receiver.wire)
                let (low, high) = isSenderLow ? (sender, receiver) : (receiver, sender)
                let visibility: ConversationChain.Visibility =
                    entry.reachesReceiver ? .both : .init(of: sender, notOf: receiver)
                try insertPlace.execute(low, high, visibility.rawValue, seq)
            }
            if entry.isAnchorOfSender {
                try insertFeed.execute(user(entry.sender), entry.inSenders.cursor, seq)
            }
            if entry.isAnchorOfReceiver {
                try insertFeed.execute(user(entry.receiver), entry.inReceivers?.cursor, seq)
            }
        }
    }

    // MARK: - The sides of conversations

    private mutating func add(_ entry: RecentMessages.Entry, at seq: Int64, _ indices: inout [Pair: Int]) {
        rows += names.add(entry, at: seq)
        if entry.isAnchorOfConversation { rows += 1 }
        if entry.isAnchorOfSender { rows += 1 }
        if entry.isAnchorOfReceiver { rows += 1 }
        change(Pair(user: entry.sender, peer: entry.receiver), by: entry, at: seq, &indices)
        guard entry.inReceivers != nil else { return }
        change(Pair(user: entry.receiver, peer: entry.sender), by: entry, at: seq, &indices)
    }

    private mutating func change(
        _ pair: Pair, by entry: RecentMessages.Entry, at seq: Int64, _ indices: inout [Pair: Int]
    ) {
        let index = indices[pair] ?? sides.count
        if index == sides.count {
            indices[pair] = index
            sides.append(Side(pair: pair))
            rows += 1
        }
        sides[index].add(entry, at: seq)
    }

    private func upsertSides(_ database: Database) throws {
        let upsert = try HotStatement(
            database,
            """
            INSERT INTO conversations (user_id, peer_id, last_seq, last_at, product_seq, unread, shared_seq, own_seq)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) \(Settlement.addToSide)
            """, in: arena)
        for side in sides {
            try upsert.execute(
                user(side.pair.user), user(side.pair.peer), side.last, side.lastAt, side.product, side.unread,
                side.shared, side.own)
        }
    }

    private func forEach(_ body: (Int64, RecentMessages.Entry) throws -> Void) rethrows {
        for seq in start...end {
            if let entry = recent[seq] { try body(seq, entry) }
        }
    }
}

/// One user's side of a conversation.
private struct Pair: Hashable {
    var user: Int
    var peer: Int
}

/// The change to that side's row.
private struct Side {
    let pair: Pair
    private(set) var last: Int64 = 0
    private(set) var lastAt = Timestamp(microseconds: 0)
    private(set) var product: Int64?
    private(set) var unread: Int64 = 0
    private(set) var shared: Int64?
    private(set) var own: Int64?

    init(pair: Pair) { self.pair = pair }

    mutating func add(_ entry: RecentMessages.Entry, at seq: Int64) {
        (last, lastAt) = (seq, entry.createdAt)
        if entry.hasProduct { product = seq }
        if pair.user != entry.sender { unread += 1 }
        if entry.reachesReceiver { shared = seq } else { own = seq }
    }
}

extension RecentMessages.Entry {
    fileprivate var isAnchorOfConversation: Bool { Anchors.has(place) }
    fileprivate var isAnchorOfSender: Bool { Anchors.has(inSenders.cursor) }
    fileprivate var isAnchorOfReceiver: Bool { inReceivers.map { Anchors.has($0.cursor) } ?? false }
}
