import ChatServer
import ChatWire
import GRDB
import Synchronization

/// The server's messages in one SQLite file (3.37 or later), in WAL mode: reads wait for the writer only where messages that they
/// may have to find came just now (``Settlement``), and only for a moment.
///
/// `append` returns after its commit reached the disk; marks follow later. Cancelling a task cancels neither its
/// reads nor its writes: a message whose sender has gone is stored all the same.
public final class SQLiteStore: MessageStore {
    public let epoch: Epoch

    let pool: DatabasePool
    let files: DatabaseFiles
    let checkpoints: Checkpoints
    let settler: Settler
    let ids: PlaceCipher
    let patience = LockPatience()
    let failures = FailureCounts()
    let lastSeenVersion = Mutex<Int?>(nil)
    private let lock: DatabaseLock?
    private let isClosed = Atomic(false)
    private let longReads = LongReads(atOnce: SQLiteStore.longReadsAtOnce)
    private let readLimit: Duration

    /// When the store is closed.
    private static let timeToSettle: Duration = .milliseconds(500)
    /// How long a write lets others go first, as long as it finds much that is to be settled before it.
    private static let patienceForOthers: Duration = .milliseconds(200)

    /// How many connections read.
    static let readers = 5
    /// How many files of a database may be open: both locks, those of the writer, and two for each reader and for what folds the
    /// log in.
    public static let mostDescriptors = 8 + 2 * (readers + 1)
    /// How many of them may read many rows each at a time.
    public static let longReadsAtOnce = readers - 1

    /// Who opens a database.
    public enum Role: Sendable {
        /// A server, the only one of this database. It makes the database where there is none.
        case server
        /// An operator's command, also beside a running server. It makes none.
        case command
    }

    /// Opens the database at a path, readable by this user only.
    public convenience init(path: String, as role: Role = .server) throws(StoreOpenError) {
        try self.init(path: path, as: role, logLimit: Checkpoints.standardLimit)
    }

    /// - Parameters:
    ///   - logLimit: Above how many bytes the write-ahead log is cut off.
    ///   - readLimit: How long one read may take.
    ///   - freeBytes: Beside a file; nil where the system does not say.
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
            // Under a server that runs, the tables are as they have to be, or as its version needs them.
            if lock != nil {
                try Schema.migrator.migrate(pool)
            } else if try !pool.read(Schema.migrator.hasCompletedMigrations) {
                throw StoreOpenError.inUse(path)
            }
            if role == .server { try pool.write(Schema.renewEpochOfCopy) }
            (epoch, ids) = try pool.read { (try Schema.epoch($0), try PlaceCipher($0)) }
            // Whoever copies the file alone gets the tables at least. A full disk, where it fails, can still be read from.
            if lock != nil { _ = try? pool.writeWithoutTransaction(Checkpoints.cutLog) }
            if role == .server, let lock { try file.lockBesideFiles(lock) }
        } catch {
            // What a migration wrote in vain goes from the disk with the log.
            try? pool.close()
            throw StoreOpenError(error, path: path)
        }
        files = DatabaseFiles(path: file.realPath)
        checkpoints = Checkpoints(pool, files: files, limit: logLimit)
        if role == .server { checkpoints.foldBesideWriter(by: file.configuration()) }
        settler = Settler(pool, ids: ids, files: files, checkpoints: checkpoints, isServer: role == .server)
        self.lock = role == .server ? lock : nil
        // What a crash left, or was copied so. Where that fails, as on a full disk, reads see to it.
        if role == .server { try? pool.writeWithoutTransaction { try settler.run($0) } }
        if role == .command { lock?.release() }
    }

    deinit { try? close() }

    /// The program is about to end: from now on another program's lock is not waited for long.
    public func expectEnd() {
        patience.end()
    }

    /// SQLite removes the write-ahead log by its name when the last connection closes: that of another database by now, where
    /// the files were replaced. So nothing is closed there; the end of the process does it.
    private func abandon() throws(StoreError) {
        _ = Unmanaged.passRetained(pool)
        _ = Unmanaged.passRetained(checkpoints)
        throw .gone
    }

    /// Ends every access and folds the write-ahead log into the database file. Later calls throw `.failed`.
    public func close() throws(StoreError) {
        if !isClosed.exchange(true, ordering: .relaxed), !files.areInPlace { try abandon() }
        // So that whoever looks into the file finds all. What is left then is done at the next opening.
        pool.writeWithoutTransaction { try? settler.run($0, within: Self.timeToSettle) }
        do {
            // The readers first: SQLite folds the log in when the last connection closes, and a reader cannot write.
            pool.releaseMemory()
            try checkpoints.close()
            try pool.close()
            LogFolding.foldWhatIsLeft(files)
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
            if drafts.contains(where: \.containsNUL) { throw StoreError.textContainsNUL }
            return try settler.append(drafts, database)
        }
        if checkpoints.hasRoom { return commit(write, completion) }
        Task {
            await checkpoints.room()
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
            return try Places.messages(links.lazy.map(\.seq), database)
        }
    }

    public func lastCursor(of user: UserID) async throws(StoreError) -> Int {
        try await read(.messages(of: user)) { try FeedHead.lastCursor(of: user, $0) }
    }

    public func prepareToRead(of user: UserID) async {
        _ = await settler.settle(.messages(of: user))
    }

    // MARK: - Transactions

    /// Runs one transaction on the writer's connection. Where it throws, nothing of it may be believed to be stored.
    ///
    /// By a callback and not GRDB's `async` `write`, which a cancelled task makes throw `CancellationError`, also in
    /// the middle (https://github.com/groue/GRDB.swift/issues/1715).
    ///
    /// - Parameter settling: Whether it looks at anything that follows from messages.
    func write<Value: Sendable>(
        _ durability: Durability, settling: Bool = true, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        await checkpoints.room()
        let end = ContinuousClock.now + Self.patienceForOthers
        var mayWait = settling
        while true {
            // In parts, between which others write.
            if mayWait, await !settler.settle(within: end - .now) {
                if checkpoints.isBehind { try? await Task.sleep(for: Settler.breath) } else { mayWait = false }
            }
            if .now > end { mayWait = false }
            let letsOthersGo = mayWait
            let transaction: @Sendable (Database) throws -> Value? = { [settler] database in
                // What changes more than marks and names may be what the writer knows.
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
                    // What the writer learned meanwhile is taken back with the transaction.
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

    /// Runs something that is one transaction on the writer's thread, and calls back there.
    private func commit<Value: Sendable>(
        _ transaction: @escaping @Sendable (Database) throws -> Value,
        _ completion: @escaping @Sendable (Result<Value, StoreError>) -> Void
    ) {
        // Not the store itself: it must not end on the writer's thread, which it waits for.
        let asked = ContinuousClock.now
        pool.asyncWriteWithoutTransaction { [files, checkpoints, failures, patience] database in
            completion(
                failures.counted(
                    Result {
                        let value = try patience.run(database, askedAt: asked) { try transaction(database) }
                        // Only now it is sure where it went.
                        guard files.areInPlace else { throw StoreError.gone }
                        return value
                    }))
            // Who waits for the answer does not wait for this.
            checkpoints.noteCommit()
        }
    }

    /// Runs something on the writer's connection, one after the other.
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

    /// Runs one transaction on a reader's connection, on a snapshot of all that was committed before. What is not settled is
    /// first, or found without that.
    ///
    /// What a log without its database holds is nothing to answer with: a message that was refused could be in it, and whoever
    /// finds it in the feed takes it for stored.
    func read<Value: Sendable>(
        _ scope: ReadScope = .allMessages, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read(isSettled: await settler.settle(scope), body)
    }

    private func read<Value: Sendable>(
        isSettled: Bool, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        // A connection that is opened now would make files anew.
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

    /// The same for reads of many rows, which leave one of the connections to others. Nobody has a turn while waiting.
    func readLong<Value: Sendable>(
        _ scope: ReadScope = .allMessages, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let isSettled = await settler.settle(scope)
        await longReads.turn()
        defer { longReads.endTurn() }
        return try await read(isSettled: isSettled, body)
    }
}
