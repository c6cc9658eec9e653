import ChatServer
import ChatWire
import GRDB
import Synchronization

/// The server's messages in one SQLite file in WAL mode (SQLite 3.37 or later). Reads do not wait for writes, except
/// for a moment if they need messages that came just now (``Settlement``).
///
/// `append` returns after its commit is synced to disk; marks are synced later. Cancelling a task does not cancel its
/// reads or writes: a message is stored even if its sender has disconnected.
public final class SQLiteStore: MessageStore {
    public let epoch: Epoch

    let pool: DatabasePool
    let files: DatabaseFiles
    let checkpoints: Checkpoints
    let settler: Settler
    let ids: MessageIDCipher
    let busyTimeout = BusyTimeout()
    let failures = FailureCounts()
    let lastSeenVersion = Mutex<Int?>(nil)
    private let lock: DatabaseLock?
    private let isClosed = Atomic(false)
    private let longReads = LongReadSemaphore(atOnce: SQLiteStore.longReadsAtOnce)
    private let readLimit: Duration

    /// The time for settling when the store is closed.
    private static let timeToSettle: Duration = .milliseconds(500)
    /// How long a write lets others go first while there is much to be settled before it.
    private static let patienceForOthers: Duration = .milliseconds(200)

    /// The number of connections that read.
    static let readers = 5
    /// The most descriptors that a database uses: two for locks, those of the writer, one for the log's length, and
    /// two for each reader and for the connection that checkpoints.
    public static let maxDescriptors = 9 + 2 * (readers + 1)
    /// How many readers may read many rows at the same time.
    public static let longReadsAtOnce = readers - 1

    /// The kind of process that opens a database.
    public enum Role: Sendable {
        /// The only server of this database. It creates a missing database.
        case server
        /// An operator's command, which may run beside a server. It does not create a database.
        case command
    }

    /// Opens the database at a path. Only this user can read it.
    public convenience init(path: String, as role: Role = .server) throws(StoreOpenError) {
        try self.init(path: path, as: role, logLimit: Checkpoints.standardLimit)
    }

    /// - Parameters:
    ///   - logLimit: The size in bytes above which the write-ahead log is truncated.
    ///   - readLimit: The time limit of one read.
    ///   - freeBytes: Returns the free space beside a file in bytes; nil if the system does not say.
    init(
        path: String, as role: Role, logLimit: Int, readLimit: Duration = ReadLimit.standard,
        freeBytes: (String) -> Int? = DatabaseFiles.freeBytes(beside:)
    ) throws(StoreOpenError) {
        let file = try DatabaseFile(path: path, mayBeMade: role == .server)
        let lock = try file.lock(for: role)
        self.readLimit = readLimit
        let pool = try file.open(migrates: lock != nil, freeBytes: freeBytes)
        self.pool = pool
        do {
            // Without the lock a server is running, and the tables are as that server's version needs them.
            if lock != nil {
                try Schema.migrator.migrate(pool)
            } else if try !pool.read(Schema.migrator.hasCompletedMigrations) {
                throw StoreOpenError.inUse(path)
            }
            if role == .server { try pool.write(Schema.renewEpochOfCopy) }
            (epoch, ids) = try pool.read { (try Schema.epoch($0), try MessageIDCipher($0)) }
            // Whoever copies only the database file then gets at least the tables. On a full disk this fails, but the
            // database can still be read.
            if lock != nil { _ = try? pool.writeWithoutTransaction(Checkpoints.truncateLog) }
            if role == .server, let lock { try file.lockBesideFiles(lock) }
        } catch {
            // A failed migration leaves its pages in the log. Closing deletes the log.
            try? pool.close()
            throw StoreOpenError(error, path: path)
        }
        files = DatabaseFiles(path: file.realPath)
        checkpoints = Checkpoints(pool, files: files, limit: logLimit, isServer: role == .server)
        if role == .server { checkpoints.checkpointBesideWriter(by: file.configuration()) }
        settler = Settler(pool, ids: ids, files: files, checkpoints: checkpoints, isServer: role == .server)
        self.lock = role == .server ? lock : nil
        // Settles the messages that a crash left unsettled, or that a copy has. If that fails, as on a full disk, the
        // first reads do it.
        if role == .server { try? pool.writeWithoutTransaction { try settler.run($0) } }
        if role == .command { lock?.release() }
    }

    deinit { try? close() }

    /// Announces that the program is about to end. From now on the store does not wait long for another program's lock.
    public func expectEnd() {
        busyTimeout.end()
    }

    /// Leaves the files open until the process ends. When the last connection closes, SQLite deletes the log by its
    /// name. If the files were replaced, that is another database's log by now.
    private func abandon() throws(StoreError) {
        _ = Unmanaged.passRetained(pool)
        _ = Unmanaged.passRetained(checkpoints)
        throw .gone
    }

    /// Closes all connections and checkpoints the log. Later calls throw `.failed`.
    public func close() throws(StoreError) {
        if !isClosed.exchange(true, ordering: .relaxed), !files.areInPlace { try abandon() }
        // Settles what it can, so that other programs find everything in the tables. The next opening settles the rest.
        pool.writeWithoutTransaction { try? settler.run($0, within: Self.timeToSettle) }
        do {
            // Closes the readers first. SQLite checkpoints when the last connection closes, and a reader cannot write.
            pool.releaseMemory()
            try checkpoints.close()
            try pool.close()
            BackgroundCheckpointer.checkpointRest(files)
            lock?.release()
        } catch {
            throw StoreError(error)
        }
    }

    // MARK: - MessageStore

    public func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome] {
        let result = await withCheckedContinuation { continuation in
            append(drafts) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    public func append(
        _ drafts: [MessageDraft], completion: @escaping @Sendable (Result<[AppendOutcome], StoreError>) -> Void
    ) {
        let write: @Sendable (Database) throws -> [AppendOutcome] = { [settler] database in
            try settler.append(drafts, database)
        }
        if checkpoints.hasRoom { return commit(write, completion) }
        Task {
            await checkpoints.waitForRoom()
            commit(write, completion)
        }
    }

    public func conversation(
        of user: UserID, with peer: UserID, before: MessageID?, limit: Int
    ) async throws(StoreError) -> HistoryPage {
        try await readLong(.messages(of: user)) { [ids] database in
            try ConversationQuery(user: user, peer: peer, before: before, limit: limit, ids: ids).page(database)
        }
    }

    public func conversations(of user: UserID, limit: Int) async throws(StoreError) -> [ConversationList.Entry] {
        try await readLong(.messages(of: user)) {
            try ConversationListQuery(user: user, limit: limit).entries($0)
        }
    }

    public func feed(of user: UserID, after cursor: Int, limit: Int) async throws(StoreError) -> [StoredMessage] {
        try await readLong(.messages(of: user)) { database in
            let limit = max(0, limit)
            let links = try FeedChain(of: user, database).oldest(behind: Int64(cursor), atLeast: limit).prefix(limit)
            return try SeqList.messages(links.lazy.map(\.seq), database)
        }
    }

    public func lastCursor(of user: UserID) async throws(StoreError) -> Int {
        try await read(.messages(of: user)) { try FeedHead.lastCursor(of: user, $0) }
    }

    public func prepareToRead(of user: UserID) async {
        _ = await settler.settle(.messages(of: user))
    }

    // MARK: - Transactions

    /// Runs one transaction on the writer's connection. If it throws, the caller must not assume that anything was
    /// stored.
    ///
    /// It uses a callback and not GRDB's `async` `write`: a cancelled task makes that throw `CancellationError`, even
    /// in the middle (https://github.com/groue/GRDB.swift/issues/1715).
    ///
    /// - Parameter settling: Whether the transaction uses anything derived from messages.
    func write<Value: Sendable>(
        _ durability: Durability, settling: Bool = true, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        await checkpoints.waitForRoom()
        let end = ContinuousClock.now + Self.patienceForOthers
        var mayWait = settling
        while true {
            // It settles in parts, so that others can write in between.
            if mayWait, await !settler.settle(within: end - .now) {
                if checkpoints.isBehind { try? await Task.sleep(for: Settler.backoff) } else { mayWait = false }
            }
            if .now > end { mayWait = false }
            let letsOthersGo = mayWait
            let transaction: @Sendable (Database) throws -> Value? = { [settler] database in
                // Transactions other than those for marks and names may change what the writer has cached.
                if durability == .atOnce { settler.forget() }
                if !settling { return try settler.transactions.run(durability, database, body) }
                if try letsOthersGo && settler.hasMuch(database) { return nil }
                do {
                    let (value, step) = try settler.transactions.run(durability, database) { database in
                        let step = try settler.settlePart(database)
                        return (try body(database), step)
                    }
                    settler.note(step)
                    return value
                } catch {
                    // The rollback also undoes what the writer learned in the transaction.
                    settler.forget()
                    throw error
                }
            }
            let result = await withCheckedContinuation { continuation in
                commit(transaction) { continuation.resume(returning: $0) }
            }
            if let value = try result.get() { return value }
        }
    }

    /// Runs one transaction on the writer's thread, and calls back on that thread.
    private func commit<Value: Sendable>(
        _ transaction: @escaping @Sendable (Database) throws -> Value,
        _ completion: @escaping @Sendable (Result<Value, StoreError>) -> Void
    ) {
        // The closure must not keep the store alive: if the store were released on the writer's thread, it would wait
        // for that thread.
        let asked = ContinuousClock.now
        pool.asyncWriteWithoutTransaction { [files, checkpoints, failures, busyTimeout] database in
            completion(
                failures.counted(
                    Result {
                        let value = try busyTimeout.run(database, askedAt: asked) { try transaction(database) }
                        // Only after the commit is it certain which files it went to.
                        guard files.areInPlace else { throw StoreError.gone }
                        return value
                    }))
            // The caller has its answer already and does not wait for this.
            checkpoints.noteCommit(database)
        }
    }

    /// Runs a closure on the writer's connection, one at a time.
    func withWriter<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { database in
                continuation.resume(returning: Result { try body(database) })
            }
        }
        return try failures.counted(result).get()
    }

    /// Runs one transaction on a reader's connection. It sees a snapshot of everything committed before. Messages that
    /// are not settled are settled first, or read through ``UnsettledView``.
    ///
    /// A log without its database must not be read. It may hold a message that was refused, and a client that finds it
    /// in the feed would take it for stored.
    func read<Value: Sendable>(
        _ scope: ReadScope = .allMessages, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read(isSettled: await settler.settle(scope), body)
    }

    private func read<Value: Sendable>(
        isSettled: Bool, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        // A connection that is opened now would create the files anew.
        if !files.areInPlace { return try failures.counted(.failure(StoreError.gone)).get() }
        let result = await withCheckedContinuation { continuation in
            pool.asyncRead { [readLimit, files] database in
                continuation.resume(
                    returning: Result {
                        let database = try database.get()
                        let limited = { try ReadLimit.run(readLimit, database, body) }
                        let value = try isSettled ? limited() : UnsettledView.run(database, limited)
                        guard files.areInPlace else { throw StoreError.gone }
                        return value
                    })
            }
        }
        return try failures.counted(result).get()
    }

    /// Like `read`, for reads of many rows. They leave one connection to others. A read takes its turn only after it
    /// has waited for settlement.
    func readLong<Value: Sendable>(
        _ scope: ReadScope = .allMessages, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let isSettled = await settler.settle(scope)
        await longReads.wait()
        defer { longReads.signal() }
        return try await read(isSettled: isSettled, body)
    }
}
