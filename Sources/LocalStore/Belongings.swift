import ChatClient
import ChatWire
import GRDB

/// What a window has in a store: what another store needs so that the window goes on with it.
struct Belongings {
    let window: Int64

    /// As changes that make the same elsewhere.
    func changes(_ database: Database) throws -> [StoreChange] {
        // The messages up to here are not there, so it is a restart.
        let position = try FeedPosition.stored(database).map { [StoreChange.restart($0)] } ?? []
        return try position + unsent(database) + drafts(database)
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
            return .draft(try row.text("draft_text"), peer: peer)
        }
    }
}
