#if Cluster

import ChatServer
import ChatWire
import Synchronization

/// The server's store in PostgreSQL, with the schema that `Migrator` makes.
///
/// It logs in as a role that owns nothing. What one user reads runs as that user, so row security decides what there is
/// to read. One thread writes messages, in batches; others read.
public final class PostgresStore: SharedStore {
    private let writer: ConnectionPool
    private let readers: ConnectionPool
    private let identity: Identity
    private let failures = FailureCounts()
    private let connect: @Sendable () throws(PostgresError) -> DatabaseConnection

    /// Connects to a database.
    ///
    /// - Parameters:
    ///   - readers: how many reads can run at once, each on a connection of its own.
    /// - Throws: if the database cannot be reached, or its schema is not of this version.
    public init(_ address: DatabaseAddress, readers: Int = 4) async throws(StoreOpenError) {
        let identity = Identity()
        self.identity = identity
        let connect: @Sendable () throws(PostgresError) -> DatabaseConnection = { () throws(PostgresError) in
            let connection = try DatabaseConnection(address)
            try connection.execute(Self.sessionSettings)
            try identity.check(connection)
            return connection
        }
        self.connect = connect
        writer = ConnectionPool(size: 1, failures: failures, connect: connect)
        self.readers = ConnectionPool(size: readers, failures: failures, connect: connect)
        let version: Int
        do {
            version = try await writer.use { connection throws(PostgresError) in
                try Migrator.version(on: connection)
            }
        } catch {
            await writer.close()
            await self.readers.close()
            throw .unusable(address.name, reason: "\(error)")
        }
        guard version != Migration.latest else { return }
        await writer.close()
        await self.readers.close()
        if version > Migration.latest { throw .newer(address.name) }
        throw .unusable(
            address.name,
            reason: version == 0
                ? "the chat has no tables there yet; run `chat-server migrate` as their future owner first"
                : """
                its tables are of version \(version), and this program needs \(Migration.latest); run \
                `chat-server migrate` first
                """)
    }

    /// No statement of the server's takes as long, unless something holds it up.
    private static let sessionSettings = """
        SET statement_timeout = '30s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s';
        SET search_path = pg_catalog
        """

    // MARK: - Writing

    public func append(_ drafts: [MessageDraft]) async throws(StoreError) -> [AppendOutcome] {
        let result = await withCheckedContinuation { continuation in
            append(drafts) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    public func append(
        _ drafts: [MessageDraft], completion: @escaping @Sendable (Result<[AppendOutcome], StoreError>) -> Void
    ) {
        let batch = Batch(drafts)
        writer.useUntilKnown({ (connection) throws(PostgresError) -> [AppendOutcome]? in
            if drafts.contains(where: \.containsNUL) { return nil }
            return drafts.isEmpty ? [] : try batch.append(on: connection)
        }) { result in
            switch result {
            case .success(let outcomes?): completion(.success(outcomes))
            case .success(nil): completion(.failure(.textContainsNUL))
            case .failure(let error): completion(.failure(StoreError(error)))
            }
        }
    }

    // MARK: - Running queries

    /// Runs a query as a user: with the role of everybody who is logged in, and the user's claims.
    func read(as user: UserID, _ query: Query) async throws(StoreError) -> Rows {
        try await read(as: user, [query])[0]
    }

    /// Runs queries as a user, as of one moment.
    func read(as user: UserID, _ queries: [Query]) async throws(StoreError) -> [Rows] {
        let claims = Query(
            name: "claims",
            sql: """
                SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims',
                  json_build_object('sub', $1::text, 'role', 'authenticated')::text, true)
                """, values: [user.wire])
        let all = [.beginReading, claims] + queries + [.commit]
        return try await readers.read { connection throws(PostgresError) in
            Array(try connection.run(all).dropFirst(2).dropLast())
        }
    }

    /// Runs a query as the server.
    func run(_ query: Query) async throws(StoreError) -> Rows {
        try await readers.use { connection throws(PostgresError) in try connection.run([query])[0] }
    }

    /// Runs queries as the server, in one transaction.
    func run(_ queries: [Query]) async throws(StoreError) -> [Rows] {
        try await readers.use { connection throws(PostgresError) in
            Array(try connection.run([.begin] + queries + [.commit]).dropFirst().dropLast())
        }
    }

    // MARK: - Other programs

    public func watch(
        for connected: @escaping @Sendable () -> [UserID], report: @escaping @Sendable (SharedStoreChange) -> Void
    ) async {
        identity.whenReplaced { report(.dataReplaced) }
        await FeedWatch(connect: connect, connected: connected, report: report).run()
    }

    // MARK: - Upkeep

    public var epoch: Epoch { identity.epoch }

    public func checkWritable() async throws(StoreError) {
        _ = try await run(Query(name: "check", sql: "SELECT chat.check_writable()"))
    }

    public func condition() async -> StoreCondition? {
        let query = Query(name: "size", sql: "SELECT pg_database_size(current_database())")
        guard let rows = try? await run(query), let bytes = rows.int(0, 0) else { return nil }
        return StoreCondition(databaseBytes: bytes, logBytes: 0)
    }

    public func expectEnd() { writer.expectEnd() }

    public func close() async throws(StoreError) {
        await writer.close()
        await readers.close()
    }
}

/// Which incarnation of the data the connections have found.
private final class Identity: Sendable {
    private struct State {
        var epoch: Epoch?
        var whenReplaced: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var epoch: Epoch { state.withLock { $0.epoch } ?? Epoch("") }

    func whenReplaced(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.whenReplaced = action } }

    /// Asks a new connection for the epoch.
    func check(_ connection: DatabaseConnection) throws(PostgresError) {
        guard try Migrator.version(on: connection) > 0 else { return }
        let rows = try connection.run([Query(name: "epoch", sql: "SELECT chat.epoch()")])[0]
        guard let epoch = rows.text(0, 0).map({ Epoch($0) }) else { throw .malformed }
        let action = state.withLock { state in
            defer { state.epoch = epoch }
            return state.epoch == nil || state.epoch == epoch ? nil : state.whenReplaced
        }
        action?()
    }
}

extension Query {
    static let begin = Query(name: "begin", sql: "BEGIN")
    static let beginReading = Query(name: "begin reading", sql: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    static let commit = Query(name: "commit", sql: "COMMIT")
}

#endif
