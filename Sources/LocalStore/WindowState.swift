import ChatClient
import ChatWire
import GRDB

/// Everything that a window owns in a store, and what all windows share and no server knows. Another store needs it to continue in place of this one.
struct WindowState {
    let window: Int64

    /// The changes that create the same content in another store.
    func changes(_ database: Database) throws -> [StoreChange] {
        // The other store does not have the messages before this position, so its feed restarts there.
        let position = try FeedPosition.stored(database).map { [StoreChange.restart($0)] } ?? []
        return try position + unsent(database) + drafts(database) + FlagTable.changes(database)
    }

    private func unsent(_ database: Database) throws -> [StoreChange] {
        try Row.fetchAll(database, sql: "SELECT * FROM unsent WHERE window = ? ORDER BY seq", arguments: [window])
            .map { .enqueue(try UnsentMessage(row: $0)) }
    }

    private func drafts(_ database: Database) throws -> [StoreChange] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM drafts WHERE window = ? ORDER BY seq", arguments: [window])
        return try rows.compactMap { row in
            guard let peer = UserID(try row.text("peer_id")) else { return nil }
            return .draft(try row.draft(), peer: peer)
        }
    }
}
