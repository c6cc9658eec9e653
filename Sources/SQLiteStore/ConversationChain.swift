import ChatWire
import GRDB

/// What two users wrote each other, and who of them knows of it. The numbers are the places in the log.
struct ConversationChain: MessageChain {
    /// Who knows of a message. What was written to one who blocked its sender is the sender's alone.
    enum Knowers: Int64 {
        case both = 0
        /// The one of the lower id.
        case low = 1
        case high = 2

        /// A user alone, and not the other one. SQLite compares ids by their bytes.
        init(of user: UserID, notOf other: UserID) {
            self = user.wire.precedes(inBytes: other.wire) ? .low : .high
        }

        /// Where `conversations` has the newest such message of one who knows of it.
        var headColumn: String { self == .both ? "shared_seq" : "own_seq" }
    }

    /// One who knows of it.
    private let user: UserID
    private let peer: UserID
    private let knowers: Knowers
    private let database: Database
    private let findAnchor: HotStatement
    private let findAnchors: HotStatement
    private let findHead: HotStatement
    private let findLink: HotStatement

    static let places = "peer_low = min(?1, ?2) AND peer_high = max(?1, ?2) AND known_to = ?3"

    /// The newest message; `?1` is one who knows of it.
    static func findHead(_ column: String) -> String {
        """
        SELECT coalesce(
            (SELECT \(column) FROM conversations WHERE user_id = ?1 AND peer_id = ?2),
            (SELECT max(seq) FROM conversation_places WHERE \(places)))
        """
    }

    init(_ user: UserID, _ peer: UserID, knownTo knowers: Knowers, _ database: Database) throws {
        let isPeers = knowers != .both && knowers != Knowers(of: user, notOf: peer)
        (self.user, self.peer) = isPeers ? (peer, user) : (user, peer)
        (self.knowers, self.database) = (knowers, database)
        findAnchor = try HotStatement(
            database,
            "SELECT seq FROM conversation_places WHERE \(Self.places) AND seq >= ?4 ORDER BY seq LIMIT 1 OFFSET ?5")
        findAnchors = try HotStatement(
            database,
            """
            SELECT seq, seq FROM main.conversation_places WHERE \(Self.places) AND seq >= ?4 AND seq < ?5
            ORDER BY seq DESC LIMIT ?6
            """)
        findHead = try HotStatement(database, Self.findHead(knowers.headColumn))
        findLink = try HotStatement(database, "SELECT seq, place_previous FROM messages WHERE seq = ?")
    }

    func anchor(from number: Int64, skipping: Int) throws -> Int64? {
        try findAnchor.integer(user, peer, knowers.rawValue, number, Int64(skipping))
    }

    func anchors(in numbers: Range<Int64>, atMost most: Int) throws -> [MessageLink] {
        try findAnchors.allIntegers(
            user, peer, knowers.rawValue, numbers.lowerBound, numbers.upperBound, Int64(most)
        )
        .map { MessageLink(number: $0, seq: $1, previous: nil) }
    }

    func head() throws -> Int64? { try findHead.integer(user, peer, knowers.rawValue) }

    func member(at seq: Int64) throws -> MessageLink? {
        guard case (let number?, let previous)? = try findLink.integers(seq) else { return nil }
        return MessageLink(number: number, seq: seq, previous: previous)
    }
}

extension ConversationChain: ErasableChain {
    func removeAnchor(_ link: MessageLink) throws -> Bool {
        let sql = "DELETE FROM conversation_places WHERE \(Self.places) AND seq = ?4"
        try database.cachedStatement(sql: sql).execute(arguments: [user, peer, knowers.rawValue, link.seq])
        return database.changesCount > 0
    }

    func addAnchor(_ link: MessageLink) throws {
        let sql = """
            INSERT OR IGNORE INTO conversation_places (peer_low, peer_high, known_to, seq)
            VALUES (min(?1, ?2), max(?1, ?2), ?3, ?4)
            """
        try database.cachedStatement(sql: sql).execute(arguments: [user, peer, knowers.rawValue, link.seq])
    }

    func lead(_ link: MessageLink, to previous: MessageLink) throws {
        let sql = "UPDATE messages SET place_previous = ? WHERE seq = ?"
        try database.cachedStatement(sql: sql).execute(arguments: [previous.seq, link.seq])
    }

    func setHead(_ link: MessageLink?, instead gone: MessageLink) throws {
        let column = knowers.headColumn
        let sql = "UPDATE conversations SET \(column) = ?1 WHERE user_id = ?2 AND peer_id = ?3 AND \(column) = ?4"
        let statement = try database.cachedStatement(sql: sql)
        for (one, other) in [(user, peer), (peer, user)] {
            try statement.execute(arguments: [link?.seq, one, other, gone.seq])
        }
    }
}

extension [ConversationChain] {
    /// The places of the oldest messages of all these behind a place, the oldest first.
    func oldest(behind place: Int64, atMost most: Int) throws -> ArraySlice<Int64> {
        try flatMap { try $0.oldest(behind: place, atLeast: most).map(\.seq) }.sorted().prefix(most)
    }
}
