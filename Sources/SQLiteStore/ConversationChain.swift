import ChatWire
import GRDB

/// The messages between two users of one visibility, as a chain. A message's number in it is its `seq`.
struct ConversationChain: MessageChain {
    /// Which of the two users may see a message. If the receiver blocked the sender, only the sender may.
    enum Visibility: Int64 {
        case both = 0
        /// The user whose id sorts lower.
        case low = 1
        case high = 2

        /// One user alone. The ids are compared by their bytes, as SQLite compares them.
        init(of user: UserID, notOf other: UserID) {
            self = user.wire.precedes(inBytes: other.wire) ? .low : .high
        }

        /// The column of `conversations` with the newest message of this visibility.
        var headColumn: String { self == .both ? "shared_seq" : "own_seq" }
    }

    /// One of the users who may see the messages.
    private let user: UserID
    private let peer: UserID
    private let visibility: Visibility
    private let database: Database
    private let findAnchor: HotStatement
    private let findAnchors: HotStatement
    private let findHead: HotStatement
    private let findLink: HotStatement

    static let places = "peer_low = min(?1, ?2) AND peer_high = max(?1, ?2) AND known_to = ?3"

    /// Finds the newest message. `?1` is a user who may see it.
    static func findHead(_ column: String) -> String {
        """
        SELECT coalesce(
            (SELECT \(column) FROM conversations WHERE user_id = ?1 AND peer_id = ?2),
            (SELECT max(seq) FROM conversation_places WHERE \(places)))
        """
    }

    init(_ user: UserID, _ peer: UserID, visibleTo visibility: Visibility, _ database: Database) throws {
        let isPeers = visibility != .both && visibility != Visibility(of: user, notOf: peer)
        (self.user, self.peer) = isPeers ? (peer, user) : (user, peer)
        (self.visibility, self.database) = (visibility, database)
        findAnchor = try HotStatement(
            database,
            "SELECT seq FROM conversation_places WHERE \(Self.places) AND seq >= ?4 ORDER BY seq LIMIT 1 OFFSET ?5")
        findAnchors = try HotStatement(
            database,
            """
            SELECT seq, seq FROM main.conversation_places WHERE \(Self.places) AND seq >= ?4 AND seq < ?5
            ORDER BY seq DESC LIMIT ?6
            """)
        findHead = try HotStatement(database, Self.findHead(visibility.headColumn))
        findLink = try HotStatement(database, "SELECT seq, place_previous FROM messages WHERE seq = ?")
    }

    func anchor(from number: Int64, skipping: Int) throws -> Int64? {
        try findAnchor.integer(user, peer, visibility.rawValue, number, Int64(skipping))
    }

    func anchors(in numbers: Range<Int64>, atMost most: Int) throws -> [MessageLink] {
        try findAnchors.allIntegers(
            user, peer, visibility.rawValue, numbers.lowerBound, numbers.upperBound, Int64(most)
        )
        .map { MessageLink(number: $0, seq: $1, previous: nil) }
    }

    func head() throws -> Int64? { try findHead.integer(user, peer, visibility.rawValue) }

    func member(at seq: Int64) throws -> MessageLink? {
        guard case (let number?, let previous)? = try findLink.integers(seq) else { return nil }
        return MessageLink(number: number, seq: seq, previous: previous)
    }
}

extension ConversationChain: ErasableChain {
    func removeAnchor(_ link: MessageLink) throws -> Bool {
        let sql = "DELETE FROM conversation_places WHERE \(Self.places) AND seq = ?4"
        try database.cachedStatement(sql: sql).execute(arguments: [user, peer, visibility.rawValue, link.seq])
        return database.changesCount > 0
    }

    func addAnchor(_ link: MessageLink) throws {
        let sql = """
            INSERT OR IGNORE INTO conversation_places (peer_low, peer_high, known_to, seq)
            VALUES (min(?1, ?2), max(?1, ?2), ?3, ?4)
            """
        try database.cachedStatement(sql: sql).execute(arguments: [user, peer, visibility.rawValue, link.seq])
    }

    func lead(_ link: MessageLink, to previous: MessageLink) throws {
        let sql = "UPDATE messages SET place_previous = ? WHERE seq = ?"
        try database.cachedStatement(sql: sql).execute(arguments: [previous.seq, link.seq])
    }

    func setHead(_ link: MessageLink?, instead gone: MessageLink) throws {
        let column = visibility.headColumn
        let sql = "UPDATE conversations SET \(column) = ?1 WHERE user_id = ?2 AND peer_id = ?3 AND \(column) = ?4"
        let statement = try database.cachedStatement(sql: sql)
        for (one, other) in [(user, peer), (peer, user)] {
            try statement.execute(arguments: [link?.seq, one, other, gone.seq])
        }
    }
}

extension [ConversationChain] {
    /// The `seq`s of the oldest messages of all these chains after a `seq`, up to another one, the oldest first.
    func oldest(behind place: Int64, upTo end: Int64 = .max, atMost most: Int) throws -> ArraySlice<Int64> {
        try flatMap { try $0.oldest(behind: place, upTo: end, atLeast: most).map(\.seq) }.sorted().prefix(most)
    }
}
