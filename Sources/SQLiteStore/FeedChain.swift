import ChatWire
import GRDB

/// A user's feed as a chain. A message's number in it is its cursor.
struct FeedChain: MessageChain {
    let user: UserID
    private let database: Database
    private let findAnchor: HotStatement
    private let findAnchors: HotStatement
    private let findHead: HotStatement
    private let findLink: HotStatement

    /// The newest message of the feed is the newest of all conversations.
    static let findHead = "SELECT last_seq FROM conversations WHERE user_id = ?1 ORDER BY last_seq DESC LIMIT 1"

    init(of user: UserID, _ database: Database) throws {
        (self.user, self.database) = (user, database)
        findAnchor = try HotStatement(
            database, "SELECT seq FROM feeds WHERE user_id = ? AND cursor >= ? ORDER BY cursor LIMIT 1 OFFSET ?")
        // Messages that an earlier version stored are always settled.
        findAnchors = try HotStatement(
            database,
            """
            SELECT cursor, seq FROM main.feeds WHERE user_id = ? AND cursor >= ? AND cursor < ? ORDER BY cursor DESC LIMIT ?
            """)
        findHead = try HotStatement(database, Self.findHead)
        findLink = try HotStatement(
            database,
            """
            SELECT iif(sender_id = ?1, sender_cursor, receiver_cursor), iif(sender_id = ?1, sender_previous, receiver_previous)
            FROM messages WHERE seq = ?2
            """)
    }

    func anchor(from number: Int64, skipping: Int) throws -> Int64? {
        try findAnchor.integer(user, number, Int64(skipping))
    }

    func anchors(in numbers: Range<Int64>, atMost most: Int) throws -> [MessageLink] {
        try findAnchors.allIntegers(user, numbers.lowerBound, numbers.upperBound, Int64(most))
            .map { MessageLink(number: $0, seq: $1, previous: nil) }
    }

    func head() throws -> Int64? { try findHead.integer(user) }

    func member(at seq: Int64) throws -> MessageLink? {
        guard case (let number?, let previous)? = try findLink.integers(user, seq) else { return nil }
        return MessageLink(number: number, seq: seq, previous: previous)
    }
}

extension FeedChain: ErasableChain {
    func removeAnchor(_ link: MessageLink) throws -> Bool {
        let sql = "DELETE FROM feeds WHERE user_id = ? AND cursor = ?"
        try database.cachedStatement(sql: sql).execute(arguments: [user, link.number])
        return database.changesCount > 0
    }

    func addAnchor(_ link: MessageLink) throws {
        let sql = "INSERT OR IGNORE INTO feeds (user_id, cursor, seq) VALUES (?, ?, ?)"
        try database.cachedStatement(sql: sql).execute(arguments: [user, link.number, link.seq])
    }

    func lead(_ link: MessageLink, to previous: MessageLink) throws {
        let sql = """
            UPDATE messages SET
                sender_previous = iif(sender_id = :user, :previous, sender_previous),
                receiver_previous = iif(sender_id = :user, receiver_previous, :previous)
            WHERE seq = :seq
            """
        try database.cachedStatement(sql: sql)
            .execute(arguments: ["user": user, "previous": previous.seq, "seq": link.seq])
    }

    /// Does nothing: the newest message is that of a conversation, and changes with it.
    func setHead(_ link: MessageLink?, instead gone: MessageLink) {}
}
