#if Cluster

import CPostgres
import Foundation

/// One connection to PostgreSQL. Its calls block, and one thread at a time may use it.
///
/// It is not `Sendable` by itself; `ConnectionPool` hands it from thread to thread.
final class DatabaseConnection: @unchecked Sendable {
    private let handle: OpaquePointer
    /// The names of the statements that this connection has prepared.
    private var prepared: Set<String> = []

    /// Connects, and waits until that is done.
    ///
    /// - Throws: if the server cannot be reached or refuses the log-in.
    init(_ address: DatabaseAddress) throws(PostgresError) {
        let keywords = address.settings.map { Self.copy($0.keyword) }
        let values = address.settings.map { Self.copy($0.value) }
        defer { for text in keywords + values { text.deallocate() } }
        let connected = PQconnectdbParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        guard let connected else {
            throw PostgresError(sqlState: nil, message: "out of memory", isConnectionLost: true, wasSent: false)
        }
        handle = connected
        guard PQstatus(connected) == CONNECTION_OK else {
            throw PostgresError(
                sqlState: nil, message: String(cString: PQerrorMessage(connected)), isConnectionLost: true,
                wasSent: false)
        }
        // Notices are not errors, and the standard error belongs to the log.
        PQsetNoticeReceiver(connected, { _, _ in }, nil)
    }

    deinit { PQfinish(handle) }

    /// Whether the session was found to be over.
    private var isLost = false

    var isUsable: Bool { !isLost && PQstatus(handle) == CONNECTION_OK }

    /// The process that the server named at the log-in. A pooler names none of the server's.
    private var announcedProcess: Int { Int(PQbackendPID(handle)) }

    /// Makes sure that the session is this connection's own. Prepared statements, locks and notifications are a session's.
    /// PgBouncer and Supavisor in transaction mode give each transaction any session that is idle.
    ///
    /// - Parameter address: where this connection leads.
    func requireOwnSession(at address: DatabaseAddress) throws(PostgresError) {
        let process = try servingProcess()
        guard announcedProcess != process else { return }
        // Poolers hand out the session that became idle last, or else the one that has been idle longest.
        if try servingProcess() == process, try DatabaseConnection(address).servingProcess() != process { return }
        throw PostgresError(
            sqlState: nil,
            message: """
                a pooler gives each transaction another session there; use its session mode, or the database's own port
                """, isConnectionLost: false)
    }

    /// The process that serves this connection now. It is asked without a prepared statement, which a pooler might give to
    /// another connection.
    private func servingProcess() throws(PostgresError) -> Int? {
        let result = Rows(PQexec(handle, "SELECT pg_backend_pid()"))
        if let error = result.error(on: handle) { throw error }
        return result.int(0, 0)
    }

    /// Runs statements without parameters, as one transaction unless they say otherwise.
    func execute(_ statements: String) throws(PostgresError) {
        let result = Rows(PQexec(handle, statements))
        if let error = result.error(on: handle) { throw error }
    }

    /// Runs queries in one round trip (PostgreSQL's documentation, 34.5, pipeline mode).
    ///
    /// - Returns: the rows of each query, in order.
    /// - Throws: the first error. The queries behind it did not run, and their transaction is rolled back.
    func run(_ queries: [Query]) throws(PostgresError) -> [Rows] {
        do throws(PostgresError) {
            return try runPipeline(queries)
        } catch {
            // The COMMIT behind the query that failed did not run either.
            if isUsable, PQtransactionStatus(handle) == PQTRANS_INERROR { try execute("ROLLBACK") }
            throw error
        }
    }

    private func runPipeline(_ queries: [Query]) throws(PostgresError) -> [Rows] {
        for query in queries { try prepare(query) }
        guard PQenterPipelineMode(handle) == 1 else { throw lost }
        defer { PQexitPipelineMode(handle) }
        for query in queries where !send(query) { throw lost }
        guard PQpipelineSync(handle) == 1 else { throw lost }

        var rows: [Rows] = []
        var failure: PostgresError?
        var isBehindAResult = true
        // Each query's results end with a null pointer; the synchronisation is a result of its own. Where there is nothing
        // instead, the server has ended the session, even if the socket does not tell yet.
        while true {
            guard let pointer = PQgetResult(handle) else {
                guard isUsable, isBehindAResult else {
                    isLost = true
                    throw failure ?? lost
                }
                isBehindAResult = false
                continue
            }
            isBehindAResult = true
            let result = Rows(pointer)
            switch result.status {
            case PGRES_PIPELINE_SYNC:
                if let failure { throw failure }
                return rows
            case PGRES_PIPELINE_ABORTED: break
            default:
                if let error = result.error(on: handle) { failure = failure ?? error } else { rows.append(result) }
            }
        }
    }

    /// Waits for notifications (PostgreSQL's documentation, 34.9), at most for a time.
    ///
    /// - Returns: what came, in order.
    func notifications(within time: Duration) throws(PostgresError) -> [DatabaseNotification] {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(time / .milliseconds(1))
        guard poll(&descriptor, 1, milliseconds) >= 0 || errno == EINTR, PQconsumeInput(handle) == 1, isUsable else {
            throw lost
        }
        var notifications: [DatabaseNotification] = []
        while let notification = PQnotifies(handle) {
            notifications.append(
                DatabaseNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
        return notifications
    }

    private func prepare(_ query: Query) throws(PostgresError) {
        guard !prepared.contains(query.name) else { return }
        let result = Rows(PQprepare(handle, query.name, query.sql, 0, nil))
        if let error = result.error(on: handle) { throw error }
        prepared.insert(query.name)
    }

    private func send(_ query: Query) -> Bool {
        let values = query.values.map { $0.map(Self.copy) }
        defer { for text in values { text?.deallocate() } }
        return PQsendQueryPrepared(
            handle, query.name, Int32(values.count), values.map { UnsafePointer($0) }, nil, nil, 0) == 1
    }

    private var lost: PostgresError {
        PostgresError(sqlState: nil, message: String(cString: PQerrorMessage(handle)), isConnectionLost: true)
    }

    /// A C string that the caller deallocates.
    private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
        for (index, byte) in text.utf8.enumerated() { bytes[index] = CChar(bitPattern: byte) }
        bytes[text.utf8.count] = 0
        return bytes
    }
}

/// What somebody said on a channel.
struct DatabaseNotification {
    var channel: String
    var payload: String
}

/// A statement with its values, as texts that PostgreSQL reads. Connections prepare it once under its name.
struct Query: Sendable {
    var name: String
    var sql: String
    var values: [String?] = []
}

/// The result of one query.
final class Rows: @unchecked Sendable {
    private let result: OpaquePointer?

    init(_ result: OpaquePointer?) { self.result = result }

    deinit { PQclear(result) }

    var count: Int { Int(PQntuples(result)) }
    fileprivate var status: ExecStatusType { PQresultStatus(result) }

    /// - Returns: nil for a null.
    func text(_ row: Int, _ column: Int) -> String? {
        guard PQgetisnull(result, Int32(row), Int32(column)) == 0 else { return nil }
        let length = Int(PQgetlength(result, Int32(row), Int32(column)))
        guard let bytes = PQgetvalue(result, Int32(row), Int32(column)) else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
    }

    // The codes of an error's fields are macros with characters in C (PostgreSQL's documentation, 34.3).
    private static let sqlState = Int32(UInt8(ascii: "C"))
    private static let primaryMessage = Int32(UInt8(ascii: "M"))
    private static let untranslatedSeverity = Int32(UInt8(ascii: "V"))
    private static let columnName = Int32(UInt8(ascii: "c"))
    private static let tableName = Int32(UInt8(ascii: "t"))
    private static let sourceFunction = Int32(UInt8(ascii: "R"))

    fileprivate func error(on handle: OpaquePointer) -> PostgresError? {
        switch status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_PIPELINE_SYNC: return nil
        default:
            func field(_ code: Int32) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
            let state = field(Self.sqlState)
            let isFatal = ["FATAL", "PANIC"].contains(field(Self.untranslatedSeverity))
            return PostgresError(
                sqlState: state, message: field(Self.primaryMessage) ?? String(cString: PQerrorMessage(handle)),
                column: field(Self.columnName), table: field(Self.tableName),
                isRaised: field(Self.sourceFunction) == "exec_stmt_raise", isFatal: isFatal,
                isConnectionLost: PQstatus(handle) != CONNECTION_OK)
        }
    }
}

#endif
