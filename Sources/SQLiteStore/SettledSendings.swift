import ChatServer
import ChatWire
import GRDB

/// What users called their messages, as far as it is settled.
///
/// Most clients' ids grow with time. Of ids that do, the tables hold ranges: those of a block of their sender's feed, which is walked
/// through for one of them. No id lies in two ranges, because what is called in order is above all before it. Everything else has a
/// row of its own.
struct SettledSendings {
    private let database: Database
    private let findRow: HotStatement
    private let findRange: HotStatement
    private let findHighest: HotStatement
    private let findMessage: HotStatement

    init(_ database: Database, in room: TextRoom) throws {
        self.database = database
        findRow = try HotStatement(
            database, "SELECT seq FROM sendings WHERE sender_id = ? AND client_message_id = ?", in: room)
        findRange = try HotStatement(
            database, "SELECT cursor FROM (\(Self.rangeBefore)) WHERE last_id >= ?2", in: room)
        findHighest = try HotStatement(
            database,
            """
            SELECT max(id) FROM (
                SELECT * FROM (
                    SELECT client_message_id AS id FROM sendings WHERE sender_id = ?1 ORDER BY client_message_id DESC LIMIT 1)
                UNION ALL
                SELECT * FROM (SELECT last_id FROM sending_ranges WHERE sender_id = ?1 ORDER BY first_id DESC LIMIT 1))
            """, in: room)
        findMessage = try HotStatement(
            database, "SELECT seq FROM messages WHERE seq = ? AND sender_id = ? AND client_message_id = ?", in: room)
    }

    /// Of which no id is above `?2`: the last such.
    private static let rangeBefore = """
        SELECT first_id, last_id, cursor FROM sending_ranges WHERE sender_id = ?1 AND first_id <= ?2
        ORDER BY first_id DESC LIMIT 1
        """

    /// The place of a message in the log; nil where its sender called none so.
    func seq(of sending: Sending) throws -> Int64? {
        if let seq = try findRow.integer(sending.sender, sending.id) { return seq }
        guard let cursor = try findRange.integer(sending.sender, sending.id) else { return nil }
        for link in try Self.block(from: cursor, of: sending.sender, database) {
            if let seq = try findMessage.integer(link.seq, sending.sender, sending.id) { return seq }
        }
        return nil
    }

    /// The highest by its bytes of what a user called their messages.
    func highest(of user: UserID) throws -> ClientMessageID? {
        try findHighest.text(user).map(ClientMessageID.init(_:))
    }

    /// A message is going to be deleted: what it is found by goes where nothing else is found by it. Its row is there until then.
    static func forget(_ sending: Sending, _ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM sendings WHERE sender_id = ? AND client_message_id = ?")
            .execute(arguments: [sending.sender, sending.id])
        if database.changesCount > 0 { return }
        let arguments: StatementArguments = [sending.sender, sending.id]
        guard let range = try Row.fetchOne(database.cachedStatement(sql: rangeBefore), arguments: arguments) else {
            return
        }
        let (first, last): (ClientMessageID, ClientMessageID) = (
            try range.decode(atIndex: 0), try range.decode(atIndex: 1)
        )
        let isOther = try database.cachedStatement(
            sql: """
                SELECT 1 FROM messages WHERE seq = ?1 AND sender_id = ?2 AND client_message_id BETWEEN ?3 AND ?4
                    AND client_message_id <> ?5 AND NOT EXISTS (
                        SELECT 1 FROM sendings AS other WHERE other.sender_id = ?2
                            AND other.client_message_id = messages.client_message_id)
                """)
        for link in try block(from: range.decode(atIndex: 2), of: sending.sender, database) {
            let arguments: StatementArguments = [link.seq, sending.sender, first, last, sending.id]
            if try Row.fetchOne(isOther, arguments: arguments) != nil { return }
        }
        try database.cachedStatement(sql: "DELETE FROM sending_ranges WHERE sender_id = ? AND first_id = ?")
            .execute(arguments: [sending.sender, first])
    }

    /// The rest of a block of a feed.
    private static func block(from cursor: Int64, of user: UserID, _ database: Database) throws -> [MessageLink] {
        try FeedChain(of: user, database).links(behind: cursor - 1, upTo: SendingRanges.end(of: cursor))
    }
}
