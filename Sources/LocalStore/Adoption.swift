import ChatClient
import ChatWire
import GRDB

/// Takes over what belongs to windows that are gone.
struct Adoption {
    let window: Int64
    let files: StoreFiles

    /// All that was unsent in a conversation, and its draft.
    func adoptAll(of peer: UserID, _ queue: DatabaseQueue) throws {
        let gone = try windowsGone(queue)
        if gone.isEmpty { return }
        try queue.write { database in
            _ = try adoptUnsent(of: peer, since: nil, gone, database)
            try adoptDraft(for: peer, gone, database)
        }
    }

    /// All that was unsent in a conversation, and what waits in others and is not older than `since`.
    func adoptUnsent(of peer: UserID?, since: Timestamp, _ queue: DatabaseQueue) throws -> [UnsentMessage] {
        let gone = try windowsGone(queue)
        if gone.isEmpty { return [] }
        return try queue.write { try adoptUnsent(of: peer, since: since, gone, $0) }
    }

    /// Found before the transaction: a window that is gone stays gone, and within it only what still belongs to one is
    /// taken.
    func windowsGone(_ queue: DatabaseQueue) throws -> [Int64] {
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
        of peer: UserID?, since: Timestamp?, _ gone: [Int64], _ database: Database
    ) throws -> [UnsentMessage] {
        var rows: [Row] = []
        for owner in gone {
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

    /// The draft that was changed last, unless this window has one.
    private func adoptDraft(for peer: UserID, _ gone: [Int64], _ database: Database) throws {
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT seq, window FROM drafts WHERE peer_id = ? ORDER BY seq DESC"),
            arguments: [peer.wire.databaseText])
        let drafts = try rows.map { (seq: try $0.integer("seq"), window: try $0.integer("window")) }
        guard !drafts.contains(where: { $0.window == window }) else { return }
        guard let draft = drafts.first(where: { gone.contains($0.window) }) else { return }
        try database.execute(sql: "UPDATE drafts SET window = ? WHERE seq = ?", arguments: [window, draft.seq])
    }
}
