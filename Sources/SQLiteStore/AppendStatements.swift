import ChatServer
import GRDB

/// What a batch of messages runs, each looked up once a batch and not once a message.
struct AppendStatements {
    let findSending: HotStatement
    let findHead: HotStatement
    let findBlock: HotStatement
    let insertMessage: HotStatement
    let insertIntoFeed: HotStatement
    let setHead: HotStatement
    let changeSide: HotStatement

    init(_ database: Database) throws {
        findSending = try HotStatement(database, EarlierSending.sql)
        findHead = try HotStatement(database, FeedHead.findLastCursor)
        findBlock = try HotStatement(database, "SELECT 1 FROM blocks WHERE user_id = ? AND blocked_id = ?")
        insertMessage = try HotStatement(
            database,
            """
            INSERT INTO messages (
                id, sender_id, receiver_id, product_id, product_title, message_text, created_at, updated_at,
                client_message_id, sender_cursor, receiver_cursor
            ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        insertIntoFeed = try HotStatement(
            database,
            "INSERT INTO feeds (user_id, cursor, seq) VALUES (?, ?, ?)")
        setHead = try HotStatement(
            database,
            """
            INSERT INTO feed_heads (user_id, last_cursor) VALUES (?, ?)
            ON CONFLICT (user_id) DO UPDATE SET last_cursor = excluded.last_cursor
            """)
        changeSide = try HotStatement(
            database,
            """
            INSERT INTO conversations (user_id, peer_id, last_seq, last_at, product_seq, unread)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (user_id, peer_id) DO UPDATE SET
                last_seq = excluded.last_seq, last_at = excluded.last_at,
                product_seq = coalesce(excluded.product_seq, product_seq), unread = unread + excluded.unread
            """)
    }
}

/// What the same sender sent under a draft's `clientMessageID` before.
enum EarlierSending {
    static let sql = "SELECT * FROM messages WHERE sender_id = ? AND client_message_id = ?"

    static func fetch(of draft: MessageDraft, _ database: Database) throws -> StoredMessage? {
        guard let clientMessageID = draft.clientMessageID else { return nil }
        let statement = try database.cachedStatement(sql: sql)
        return try Row.fetchOne(statement, arguments: [draft.sender, clientMessageID]).map(StoredMessage.init(row:))
    }
}
