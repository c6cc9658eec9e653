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
    private let timeToKnow: Duration
    /// The name of the database's channels of notifications. Only the server's role can find it out.
    private let channel: String
    /// Where there is a marketplace, users have UUIDs.
    public let userIDs: UserIDForm
    private let connect: @Sendable () throws(PostgresError) -> DatabaseConnection

    /// Connects to a database.
    ///
    /// - Parameters:
    ///   - readers: how many reads can run at once, each on a connection of its own.
    /// - Throws: if the database cannot be reached, its schema is not of this version, or a pooler gives each transaction
    ///   another session.
    public convenience init(_ address: DatabaseAddress, readers: Int = 4) async throws(StoreOpenError) {
        try await self.init(address, readers: readers, limits: TimeLimits())
    }

    init(_ address: DatabaseAddress, readers: Int = 4, limits: TimeLimits) async throws(StoreOpenError) {
        let identity = Identity()
        self.identity = identity
        timeToKnow = limits.away
        let connect: @Sendable () throws(PostgresError) -> DatabaseConnection = { () throws(PostgresError) in
            let connection = try DatabaseConnection(address)
            if identity.isUnknown { try connection.requireOwnSession(at: address) }
            try connection.execute("\(limits.settings); SET search_path = pg_catalog; \(Migration.sessionPlanning)")
            try identity.check(connection)
            return connection
        }
        self.connect = connect
        writer = ConnectionPool(size: 1, failures: failures, connect: connect)
        self.readers = ConnectionPool(size: readers, failures: failures, connect: connect)
        do {
            (channel, userIDs) = try await writer.use { connection throws(PostgresError) in
                Result { () throws(StoreOpenError) in try Self.check(connection, to: address) }
            }.get()
        } catch {
            await writer.close()
            await self.readers.close()
            throw error as? StoreOpenError
                ?? .unusable(address.name, reason: "\(error)\(address.hint(about: "\(error)"))")
        }
    }

    /// - Returns: the name of the channels, and which users there can be.
    private static func check(
        _ connection: DatabaseConnection, to address: DatabaseAddress
    ) throws(StoreOpenError) -> (channel: String, userIDs: UserIDForm) {
        let version: Int
        do throws(PostgresError) {
            version = try Migrator.version(on: connection)
            if version == Migration.latest {
                try refuseMightyRole(on: connection)
                let layout = try Migrator.layout(on: connection)
                return (try channel(on: connection), layout == .marketplace ? .uuid : .any)
            }
        } catch {
            throw .unusable(address.name, reason: error.message + address.hint(about: error.message))
        }
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

    /// What the server may do ends with its role.
    private static func refuseMightyRole(on connection: DatabaseConnection) throws(PostgresError) {
        let query = Query(
            name: "role",
            sql: "SELECT current_user WHERE pg_has_role('chat_owner', 'USAGE') AND current_user <> 'chat_server'")
        guard let role = try connection.run([query])[0].text(0, 0) else { return }
        throw PostgresError(
            sqlState: nil, message: "the role \(role) may do more than a server should: log in as chat_server",
            isConnectionLost: false)
    }

    private static func channel(on connection: DatabaseConnection) throws(PostgresError) -> String {
        let rows = try connection.run([Query(name: "channel", sql: "SELECT chat.channel()")])[0]
        guard let channel = rows.text(0, 0) else { throw .malformed }
        return channel
    }

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
        // A draft that the database cannot even be told would make its whole batch fail there.
        let refusals = drafts.map(refusal)
        let sound = zip(drafts, refusals).filter { $1 == nil }.map(\.0)
        writer.append(Batch(sound), within: timeToKnow) { [failures] outcomes in
            for error in Set(outcomes.compactMap(\.failure)) { _ = failures.counted(error) }
            if let error = outcomes.commonFailure, sound.count == drafts.count { return completion(.failure(error)) }
            var rest = outcomes[...]
            completion(
                .success(
                    refusals.map { refusal in refusal.map { AppendOutcome.refused($0) } ?? rest.removeFirst() }))
        }
    }

    private func refusal(of draft: MessageDraft) -> AppendOutcome.Refusal? {
        guard userIDs.allows(draft.sender), userIDs.allows(draft.receiver) else { return .noSuchUser }
        return draft.containsNUL ? .containsNUL : nil
    }

    /// Those whom the database can have. One other id would make the whole query fail.
    func known(_ users: [UserID]) -> [UserID] { users.filter(userIDs.allows) }

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

    /// Runs a query as the server that may be run twice: it reads, or sets what it would set again.
    func repeatable(_ query: Query) async throws(StoreError) -> Rows {
        try await readers.read { connection throws(PostgresError) in
            try untilUpToDate(attempts: Self.attempts) { () throws(PostgresError) in try connection.run([query])[0] }
        }
    }

    /// Runs a query as the server. If its connection breaks, nobody knows whether it took effect.
    func run(_ query: Query) async throws(StoreError) -> Rows {
        try await readers.use { connection throws(PostgresError) in
            try untilUpToDate(attempts: Self.attempts) { () throws(PostgresError) in try connection.run([query])[0] }
        }
    }

    /// Runs queries as the server, in one transaction.
    func run(_ queries: [Query]) async throws(StoreError) -> [Rows] {
        try await readers.use { connection throws(PostgresError) in
            try untilUpToDate(attempts: Self.attempts) { () throws(PostgresError) in
                Array(try connection.run([.begin] + queries + [.commit]).dropFirst().dropLast())
            }
        }
    }

    /// Who marks messages as read by the web client locks them before the mark, and by this server behind it, so that a
    /// deadlock is possible.
    private static let attempts = 2

    // MARK: - Other programs

    public func watch(
        for connected: @escaping @Sendable () -> [UserID], report: @escaping @Sendable (SharedStoreChange) -> Void
    ) async {
        identity.whenReplaced { report(.dataReplaced) }
        await FeedWatch(channel: channel, connect: connect, connected: connected, report: report).run()
    }

    public var secretName: String { channel }

    public func announce(_ sign: NodeSign) async throws(StoreError) {
        _ = try await run(
            Query(
                name: "announce",
                sql: "SELECT pg_notify($1 || '_nodes', json_build_array($2::text, $3::text, $4::text)::text)",
                values: [channel, sign.node.name, sign.node.run, sign.bus]))
    }

    public func makeBus(for node: NodeID) -> any DeliveryBus {
        NotifyBus(node, channel: channel, connect: connect)
    }

    // MARK: - Upkeep

    public var epoch: Epoch { identity.epoch }

    public func checkWritable() async throws(StoreError) {
        _ = try await repeatable(Query(name: "check", sql: "SELECT chat.check_writable()"))
    }

    public func condition() async -> StoreCondition? {
        let query = Query(name: "size", sql: "SELECT pg_database_size(current_database())")
        guard let rows = try? await run(query), let bytes = rows.int(0, 0) else { return nil }
        return StoreCondition(databaseBytes: bytes, logBytes: 0, failures: failures.byKind)
    }

    public func expectEnd() { writer.expectEnd() }

    public func close() async throws(StoreError) {
        await writer.close()
        await readers.close()
    }
}

/// No statement of the server's takes as long, unless something holds it up.
struct TimeLimits: Sendable {
    var statement: Duration = .seconds(30)
    /// For each lock.
    var lock: Duration = .seconds(10)
    /// How long a server may be away, as during a restart or a failover, before writers are told that it is.
    var away: Duration = .seconds(20)

    fileprivate var settings: String {
        """
        SET statement_timeout = \(statement / .milliseconds(1)); SET lock_timeout = \(lock / .milliseconds(1));
        SET idle_in_transaction_session_timeout = \(statement / .milliseconds(1))
        """
    }
}

extension AppendOutcome {
    /// The store's failure.
    fileprivate var failure: StoreError? {
        switch self {
        case .notStored(let error), .unknown(let error): error
        case .stored, .duplicate, .conflict, .refused, .banned, .rateLimited: nil
        }
    }
}

extension [AppendOutcome] {
    /// The failure for which surely nothing was stored; nil if any draft has another outcome.
    fileprivate var commonFailure: StoreError? {
        guard case .notStored(let error)? = first, allSatisfy({ $0 == .notStored(error) }) else { return nil }
        return error
    }
}

/// Which incarnation of the data the connections have found.
private final class Identity: Sendable {
    private struct State {
        var epoch: Epoch?
        /// The furthest position in the server's log that a connection has found.
        var position = 0
        var whenReplaced: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var epoch: Epoch { state.withLock { $0.epoch } ?? Epoch("") }

    /// Whether there was no connection yet.
    var isUnknown: Bool { state.withLock { $0.epoch == nil } }

    func whenReplaced(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.whenReplaced = action } }

    /// Asks a new connection for the epoch. The log is on disk up to the position, so this never falls, unless the server's
    /// files were put back to an earlier state, of which the database itself knows nothing.
    func check(_ connection: DatabaseConnection) throws(PostgresError) {
        guard try !connection.run([Query(name: "standby", sql: "SELECT pg_is_in_recovery()")])[0].bool(0, 0) else {
            throw PostgresError(sqlState: "25006", message: "it is a standby", isConnectionLost: false, wasSent: false)
        }
        guard try Migrator.version(on: connection) > 0 else { return }
        let (known, furthest) = state.withLock { ($0.epoch, $0.position) }
        var (epoch, position) = try ask(connection, "chat.epoch()")
        // Where the epoch is another one, the database or another node has noticed.
        if position < furthest, epoch == known { (epoch, position) = try ask(connection, "chat.new_epoch()") }
        let action = state.withLock { state in
            let isOther = state.epoch != nil && state.epoch != epoch
            state.position = isOther ? position : max(position, state.position)
            state.epoch = epoch
            return isOther ? state.whenReplaced : nil
        }
        action?()
    }

    private func ask(
        _ connection: DatabaseConnection, _ function: String
    ) throws(PostgresError) -> (epoch: Epoch, position: Int) {
        let rows = try connection.run([
            Query(
                name: function, sql: "SELECT \(function), (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint")
        ])[0]
        guard let epoch = rows.text(0, 0).map({ Epoch($0) }), let position = rows.int(0, 1) else { throw .malformed }
        return (epoch, position)
    }
}

extension Query {
    static let begin = Query(name: "begin", sql: "BEGIN")
    static let beginReading = Query(name: "begin reading", sql: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    static let commit = Query(name: "commit", sql: "COMMIT")
}

#endif
