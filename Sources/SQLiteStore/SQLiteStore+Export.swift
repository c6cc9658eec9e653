import ChatServer
import ChatWire
import GRDB

/// One record of a user's export.
public enum ExportRecord: Sendable, Hashable {
    case user(UserID, name: UntrustedText?, lastSeen: Timestamp?, isBanned: Bool)
    case block(UserID)
    case message(StoredMessage)
}

extension SQLiteStore {
    private static let exportedAtOnce = 500

    /// Calls `handle` with everything stored about a user that the user may see: profile, blocks, and conversations,
    /// each from its beginning.
    public func export(
        _ user: UserID, _ handle: (ExportRecord) throws -> Void
    ) async throws {
        let (name, isBanned) = (try await profile(of: user).name, try await isBanned(user))
        try handle(.user(user, name: name, lastSeen: try await lastSeen(of: [user])[user], isBanned: isBanned))
        let blocked = try await read { database in
            try UserID.fetchAll(
                database, sql: "SELECT blocked_id FROM blocks WHERE user_id = ? ORDER BY blocked_id", arguments: [user])
        }
        for other in blocked { try handle(.block(other)) }
        for peer in try await peers(of: user) {
            var last: Int64 = 0
            while true {
                let page = try await readLong { [last] in try Self.page(of: user, with: peer, after: last, $0) }
                guard let end = page.end else { break }
                for message in page.messages { try handle(.message(message)) }
                last = end
            }
        }
    }

    /// - Returns: the page, and the `seq` of its last message.
    private static func page(
        of user: UserID, with peer: UserID, after seq: Int64, _ database: Database
    ) throws -> (messages: [StoredMessage], end: Int64?) {
        let places = try ConversationQuery.chains(of: user, with: peer, database)
            .oldest(behind: seq, atMost: exportedAtOnce)
        return (try SeqList.messages(places, database), places.last)
    }
}
