import ChatServer
import ChatWire
import GRDB

/// What users called their messages, as far as it is settled.
///
/// Most clients' ids grow with time. Many of those have one row together: the first and the last id, and of each message four bytes of
/// its id and its place. So an id that was never used is told from those that were without a look at the messages. No id lies in two
/// ranges, because what is called in order is above all before it. Everything else has a row of its own.
struct SettledSendings {
    private let ids: PlaceCipher
    private let findRow: HotStatement
    private let findRange: HotStatement
    private let findHighest: HotStatement
    private let findMessage: HotStatement

    init(_ database: Database, ids: PlaceCipher, in room: TextRoom) throws {
        self.ids = ids
        findRow = try HotStatement(
            database, "SELECT seq FROM sendings WHERE sender_id = ? AND client_message_id = ?", in: room)
        findRange = try HotStatement(
            database, "SELECT members FROM (\(Self.rangeBefore)) WHERE last_id >= ?2", in: room)
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
        SELECT first_id, last_id, members FROM sending_ranges WHERE sender_id = ?1 AND first_id <= ?2
        ORDER BY first_id DESC LIMIT 1
        """

    /// The place of a message in the log; nil where its sender called none so.
    func seq(of sending: Sending) throws -> Int64? {
        if let seq = try findRow.integer(sending.sender, sending.id) { return seq }
        guard let bytes = try findRange.bytes(sending.sender, sending.id) else { return nil }
        let digest = ids.digest(of: sending.id)
        for member in SendingRanges.members(bytes) where member.digest == digest {
            if let seq = try findMessage.integer(member.seq, sending.sender, sending.id) { return seq }
        }
        return nil
    }

    /// The highest by its bytes of what a user called their messages.
    func highest(of user: UserID) throws -> ClientMessageID? {
        try findHighest.text(user).map(ClientMessageID.init(_:))
    }

    /// A message is going to be deleted: what it is found by goes where nothing else is found by it.
    static func forget(_ sending: Sending, _ database: Database) throws {
        let arguments: StatementArguments = [sending.sender, sending.id]
        try database.cachedStatement(sql: "DELETE FROM sendings WHERE sender_id = ? AND client_message_id = ?")
            .execute(arguments: arguments)
        if database.changesCount > 0 { return }
        let range = "sender_id = ?1 AND first_id = (SELECT first_id FROM (\(rangeBefore)) WHERE last_id >= ?2)"
        try database.cachedStatement(sql: "UPDATE sending_ranges SET remaining = remaining - 1 WHERE \(range)")
            .execute(arguments: arguments)
        try database.cachedStatement(sql: "DELETE FROM sending_ranges WHERE \(range) AND remaining <= 0")
            .execute(arguments: arguments)
    }
}

// How members stand in the database: the digest and the place of each, one behind the other, the highest byte first.
extension SendingRanges {
    private static let bytesOfMember = 12

    static func bytes(_ members: [Member]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(members.count * bytesOfMember)
        for member in members {
            withUnsafeBytes(of: member.digest.bigEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: member.seq.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    static func members(_ bytes: [UInt8]) -> [Member] {
        bytes.withUnsafeBytes { bytes in
            stride(from: 0, through: bytes.count - bytesOfMember, by: bytesOfMember).map { place in
                Member(
                    digest: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)),
                    seq: Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: place + 4, as: Int64.self)))
            }
        }
    }
}
