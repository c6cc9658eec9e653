import ChatClient
import ChatWire
import GRDB

/// The table of the conversations' flags.
enum FlagTable {
    static func all(_ database: Database) throws -> [UserID: StoredFlags] {
        let rows = try Row.fetchCursor(database.cachedStatement(sql: "SELECT * FROM conversation_flags"))
        var flags: [UserID: StoredFlags] = [:]
        while let row = try rows.next() {
            guard let peer = UserID(try row.text("peer_id")),
                let flag = ConversationFlag(rawValue: try row.text("flag"))
            else { throw Row.UnexpectedValue() }
            flags[peer, default: StoredFlags()].flags.insert(flag)
            if flag == .archived { flags[peer]?.archivedAfter = try row.optionalID("last_message") }
        }
        return flags
    }

    /// The changes that create the same flags in another store.
    static func changes(_ database: Database) throws -> [StoreChange] {
        try all(database).flatMap { peer, stored in
            ConversationFlag.allCases.filter(stored.flags.contains).map { flag in
                .flag(flag, true, peer: peer, last: flag == .archived ? stored.archivedAfter : nil)
            }
        }
    }
}

extension StoreTransaction {
    func set(_ flag: ConversationFlag, _ isSet: Bool, of peer: UserID, last: MessageID?) throws {
        let name = peer.wire.databaseText
        guard isSet else { return try remove(flag, of: name, last: last?.databaseText) }
        try insert(
            into: "conversation_flags",
            [
                "peer_id": name, "flag": flag.rawValue,
                "last_message": flag == .archived ? last?.databaseText : nil,
            ], replacing: true)
    }

    private func remove(_ flag: ConversationFlag, of name: DatabaseValue, last: DatabaseValue?) throws {
        if flag == .archived, let last {
            return try run(
                """
                DELETE FROM conversation_flags WHERE peer_id = ? AND flag = 'archived' AND last_message IS NOT ?
                    AND NOT EXISTS (SELECT 1 FROM conversation_flags WHERE peer_id = ? AND flag = 'muted')
                """, [name, last, name])
        }
        try run("DELETE FROM conversation_flags WHERE peer_id = ? AND flag = ?", [name, flag.rawValue])
        if flag == .muted, let last {
            try run(
                "UPDATE conversation_flags SET last_message = ? WHERE peer_id = ? AND flag = 'archived'", [last, name])
        }
    }
}
