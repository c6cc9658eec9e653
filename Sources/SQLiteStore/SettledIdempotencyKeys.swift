import ChatServer
import ChatWire
import GRDB

/// The clients' ids of settled messages.
///
/// Most clients make ids that grow. Many of those share one row, which has the first and the last id, and for each
/// message a digest of four bytes and its `seq`. So an unused id is recognised without reading messages. No id lies in
/// two ranges, because ids in order are above all before them. All other ids have rows of their own.
struct SettledIdempotencyKeys {
    private let ids: MessageIDCipher
    private let findRow: HotStatement
    private let findRange: HotStatement
    private let findHighest: HotStatement
    private let findMessage: HotStatement

    init(_ database: Database, ids: MessageIDCipher, in arena: TextArena) throws {
        self.ids = ids
        findRow = try HotStatement(
            database, "SELECT seq FROM sendings WHERE sender_id = ? AND client_message_id = ?", in: arena)
        findRange = try HotStatement(
            database, "SELECT members FROM (\(Self.rangeBefore)) WHERE last_id >= ?2", in: arena)
        findHighest = try HotStatement(
            database,
            """
            SELECT max(id) FROM (
                SELECT * FROM (
                    SELECT client_message_id AS id FROM sendings WHERE sender_id = ?1 ORDER BY client_message_id DESC LIMIT 1)
                UNION ALL
                SELECT * FROM (SELECT last_id FROM sending_ranges WHERE sender_id = ?1 ORDER BY first_id DESC LIMIT 1))
            """, in: arena)
        findMessage = try HotStatement(
            database, "SELECT seq FROM messages WHERE seq = ? AND sender_id = ? AND client_message_id = ?", in: arena)
    }

    /// The last range whose first id is not above `?2`.
    private static let rangeBefore = """
        SELECT first_id, last_id, members FROM sending_ranges WHERE sender_id = ?1 AND first_id <= ?2
        ORDER BY first_id DESC LIMIT 1
        """

    /// The `seq` of a message; nil if its sender used no such id.
    func seq(of key: IdempotencyKey) throws -> Int64? {
        if let seq = try findRow.integer(key.sender, key.id) { return seq }
        guard let bytes = try findRange.bytes(key.sender, key.id) else { return nil }
        let digest = ids.digest(of: key.id)
        for member in IdempotencyKeyRanges.members(bytes) where member.digest == digest {
            if let seq = try findMessage.integer(member.seq, key.sender, key.id) { return seq }
        }
        return nil
    }

    /// The highest id that a user gave a message, compared by bytes.
    func highest(of user: UserID) throws -> ClientMessageID? {
        try findHighest.text(user).map(ClientMessageID.init(_:))
    }

    /// Removes the entry of a message that is about to be deleted, unless other messages need it.
    static func forget(_ key: IdempotencyKey, _ database: Database) throws {
        let arguments: StatementArguments = [key.sender, key.id]
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

// The members in the database: for each, its digest and its `seq`, big-endian.
extension IdempotencyKeyRanges {
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
