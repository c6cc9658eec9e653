import ChatClient
import ChatWire
import GRDB

/// Transfers unsent messages and drafts of closed windows to this window. A window is closed when nobody holds the lock
/// of its file.
struct Adoption {
    let window: Int64
    let files: StoreFiles

    /// Adopts all unsent messages to `peer`, and the drafts.
    func adoptAll(of peer: UserID, _ queue: DatabaseQueue) throws {
        let closed = try closedWindows(queue)
        if closed.isEmpty { return }
        try queue.write { database in
            _ = try adoptUnsent(of: peer, since: nil, closed, database)
            try adoptDraft(for: peer, closed, database)
        }
    }

    /// Adopts all unsent messages to `peer`, and from other conversations those that are `waiting` and were created at
    /// `since` or later.
    /// - Returns: the adopted messages, oldest first.
    func adoptUnsent(of peer: UserID?, since: Timestamp, _ queue: DatabaseQueue) throws -> [UnsentMessage] {
        let closed = try closedWindows(queue)
        if closed.isEmpty { return [] }
        return try queue.write { try adoptUnsent(of: peer, since: since, closed, $0) }
    }

    /// The numbers of the other windows that own something and are closed. This runs before the write transaction: a
    /// closed window is never opened again, and the transaction takes only rows that still belong to one.
    func closedWindows(_ queue: DatabaseQueue) throws -> [Int64] {
        let others = try queue.read { database in
            try Int64.fetchAll(
                database.cachedStatement(
                    sql:
                        "SELECT window FROM unsent WHERE window <> :me UNION SELECT window FROM drafts WHERE window <> :me"
                ),
                arguments: ["me": window])
        }
        return others.filter { !FileLock.isHeld(path: files.window($0)) }
    }

    private func adoptUnsent(
        of peer: UserID?, since: Timestamp?, _ closed: [Int64], _ database: Database
    ) throws -> [UnsentMessage] {
        var rows: [Row] = []
        for owner in closed {
            rows += try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        UPDATE unsent SET window = :me
                        WHERE window = :owner AND (receiver_id = :peer OR (state = 'waiting' AND created_at >= :since))
                        RETURNING *
                        """),
                arguments: [
                    "me": window, "owner": owner, "peer": peer?.wire.databaseText, "since": since?.microseconds,
                ])
        }
        return try rows.map { (try $0.integer("seq"), try UnsentMessage(row: $0)) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Adopts the closed windows' drafts, joined, unless this window already has one.
    private func adoptDraft(for peer: UserID, _ closed: [Int64], _ database: Database) throws {
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT * FROM drafts WHERE peer_id = ? ORDER BY seq"),
            arguments: [peer.wire.databaseText])
        guard try !rows.contains(where: { try $0.integer("window") == window }) else { return }
        let left = try rows.filter { closed.contains(try $0.integer("window")) }
        guard let newest = left.last else { return }
        for row in left.dropLast() {
            try database.execute(sql: "DELETE FROM drafts WHERE seq = ?", arguments: [try row.integer("seq")])
        }
        let draft = Draft.joined(try left.map { try $0.draft() })
        try database.execute(
            sql: "UPDATE drafts SET window = ?, draft_text = ?, product_id = ?, product_title = ? WHERE seq = ?",
            arguments: [
                window, draft.text.databaseText, draft.product?.id?.databaseText,
                draft.product?.title?.wire.databaseText, try newest.integer("seq"),
            ])
    }
}
