import ChatServer
import ChatWire
import GRDB

/// The server's messages in one SQLite file (3.37 or later), in WAL mode: reads never wait for the writer.
///
/// `append` returns after its commit reached the disk; marks follow later. Cancelling a task cancels neither its
/// reads nor its writes: a message whose sender has gone is stored all the same.
public final class SQLiteStore: MessageStore {
    public let epoch: String

    let pool: DatabasePool

    /// Opens the database at a path; makes it, readable by this user only, where there is none.
    public init(path: String) throws(OpenError) {
        let file = DatabaseFile(path: path)
        pool = try file.open()
        do {
            try Schema.migrator.migrate(pool)
            epoch = try pool.read(Schema.epoch)
        } catch {
            throw OpenError(error, path: path)
        }
    }

    /// Ends every access and folds the write-ahead log into the database file. Later calls throw `.failed`.
    public func close() throws(StoreError) {
        do {
            // The readers first: SQLite folds the log in when the last connection closes, and a reader cannot write.
            pool.releaseMemory()
            try pool.close()
        } catch {
            throw StoreError(error)
        }
    }

    // MARK: - MessageStore

    public func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome] {
        if drafts.isEmpty { return [] }
        if drafts.contains(where: \.containsNUL) { throw .textContainsNUL }
        return try await write(.atOnce) { database in
            var batch = try AppendBatch(database)
            let outcomes = try drafts.map { try batch.append($0) }
            try batch.finish()
            return outcomes
        }
    }

    public func earlierOutcome(of draft: MessageDraft) async throws(StoreError) -> AppendOutcome? {
        if draft.containsNUL { throw .textContainsNUL }
        return try await read { database in
            try EarlierSending.fetch(of: draft, database.cachedStatement(sql: EarlierSending.sql))
                .map(draft.outcome(after:))
        }
    }

    public func conversation(
        of user: UserID, with peer: UserID, before: String?, limit: Int
    ) async throws(StoreError) -> HistoryPage {
        try await read { database in
            try ConversationQuery(user: user, peer: peer, before: before, limit: limit).page(database)
        }
    }

    public func conversations(of user: UserID, limit: Int) async throws(StoreError) -> [ConversationList.Entry] {
        try await read { try ConversationListQuery(user: user, limit: limit).entries($0) }
    }

    public func feed(of user: UserID, after cursor: Int, limit: Int) async throws(StoreError) -> [StoredMessage] {
        try await read { database in
            let rows = try Row.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT messages.* FROM feeds JOIN messages USING (seq)
                        WHERE user_id = :user AND cursor > :cursor
                        ORDER BY cursor LIMIT :limit
                        """),
                arguments: ["user": user, "cursor": cursor, "limit": max(0, limit)])
            return try Array(rows.map(StoredMessage.init(row:)))
        }
    }

    public func lastCursor(of user: UserID) async throws(StoreError) -> Int {
        try await read { try FeedHead.lastCursor(of: user, $0) }
    }

    public func profile(of user: UserID) async throws(StoreError) -> HistoryPage.Profile {
        try await read { database in
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT coalesce(nullif(name, ''), full_name) AS sender_name, avatar_url
                        FROM users WHERE id = :user
                        """),
                arguments: ["user": user])
            return try row.map(HistoryPage.Profile.init(row:)) ?? HistoryPage.Profile()
        }
    }

    public func setName(_ name: UntrustedText, of user: UserID) async throws(StoreError) {
        try await write(.later) { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO users (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name
                    """)
            try statement.execute(arguments: [user, name])
        }
    }

    // MARK: - Transactions

    /// Runs one transaction on the writer's connection.
    ///
    /// By a callback and not GRDB's `async` `write`, which a cancelled task makes throw `CancellationError`, also in
    /// the middle (https://github.com/groue/GRDB.swift/issues/1715).
    func write<Value: Sendable>(
        _ durability: Durability, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { database in
                continuation.resume(returning: Result { try durability.transaction(database, body) })
            }
        }
        return try result.mapError(StoreError.init).get()
    }

    /// Runs one transaction on a reader's connection, on a snapshot of all that was committed before.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            pool.asyncRead { database in
                continuation.resume(returning: Result { try body(database.get()) })
            }
        }
        return try result.mapError(StoreError.init).get()
    }
}
