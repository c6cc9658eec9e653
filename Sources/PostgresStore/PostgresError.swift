#if Cluster

import ChatServer

/// A failure of PostgreSQL or of the connection to it.
struct PostgresError: Error {
    /// What became of the work that failed.
    enum Outcome {
        /// Nothing was stored, and it may be stored later.
        case notStored
        /// It may have been stored. The same ids, sent again, tell.
        case unknown
        /// Nothing was stored, and the same will never be, if it fails alone as well.
        case never
        /// Nothing was stored because of the database's own state: rights that were taken away, a column that has another
        /// name. It concerns everybody, or, as a row that is too long for an index, one message; it may be stored when the
        /// database was mended.
        case notNow
    }

    /// The code of the error (PostgreSQL's documentation, appendix A); nil if the server did not answer.
    let sqlState: String?
    /// One line, in the server's language.
    let message: String
    /// Whether the server ended the session with this, perhaps after a commit that it did not confirm any more.
    let isFatal: Bool
    let isConnectionLost: Bool
    /// The column that a constraint is about, if the server names one.
    let column: String?
    /// The table that a constraint is of, if the server names one.
    let table: String?
    /// Whether a function in PL/pgSQL raised the error on purpose, as a trigger does that keeps out a row.
    let isRaised: Bool
    /// Whether anything of the work had been sent.
    let wasSent: Bool

    /// - Parameter message: May have several lines, as libpq's messages do.
    init(
        sqlState: String?, message: String, column: String? = nil, table: String? = nil, isRaised: Bool = false,
        isFatal: Bool = false, isConnectionLost: Bool,
        wasSent: Bool = true
    ) {
        self.sqlState = sqlState
        self.column = column
        self.table = table
        self.isRaised = isRaised
        let lines = message.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }
        self.message =
            lines.dropLast().map { $0.last?.isPunctuation == true ? "\($0) " : "\($0). " }.joined()
            + (lines.last ?? "")
        self.isFatal = isFatal
        // The server says that it ends the session before the connection is closed. Without a code, libpq says that it
        // cannot be reached, sometimes before it gives the connection up.
        self.isConnectionLost = isConnectionLost || isFatal || sqlState == nil
        self.wasSent = wasSent
    }

    var outcome: Outcome {
        guard wasSent else { return .notStored }
        guard let sqlState, !isFatal else { return .unknown }
        switch sqlState.prefix(2) {
        // A column that the marketplace added and nobody fills. A message without a product may be what it forbids.
        case "23" where sqlState == "23502" && column != "product_id": return .notNow
        // Broken constraints of the messages, texts that are too long for them, and whatever a trigger of the marketplace
        // raises. What goes wrong within a trigger may go wrong for everybody.
        case "23": return isRaised || table == "messages" ? .never : .notNow
        case "22": return isRaised || sqlState == "22001" ? .never : .notNow
        case "44", "PT": return .never
        case "P0": return sqlState == "P0001" ? .never : .notNow
        // Missing rights, statements that the database does not understand or cannot do, and functions that fail.
        case "0A", "2F", "38", "39", "42", "54": return .notNow
        // A commit that is not confirmed by a standby, and the end of the server or of the session. A statement that was
        // cancelled for its time limit (57014) was rolled back.
        case "08", "57", "58", "XX": return sqlState == "57014" ? .notStored : .unknown
        default: return .notStored
        }
    }

    /// Whether another connection may do better soon, as during a restart or a failover.
    var isPassing: Bool { outcome == .unknown || !wasSent || isReadOnly }

    /// Whether smaller batches may do better: what fails may be one message only.
    var mayConcernOneMessage: Bool { outcome == .never || outcome == .notNow }

    /// Whether the server takes no writes: a standby, or one that is being replaced.
    var isReadOnly: Bool { sqlState == "25006" }

    /// Whether another transaction made outdated what this one had found out before it took its locks: a unique key that is
    /// there by now, a product that is gone, a conflict, or a deadlock. The same will find out more if it is done again.
    var isOutdated: Bool { ["23503", "23505", "40001", "40P01"].contains(sqlState) }

    /// The store is closed, and nothing was done.
    static let closed = PostgresError(
        sqlState: nil, message: "the store is closed", isConnectionLost: true, wasSent: false)

    /// The schema's functions gave something that they never give. What they did stays done.
    static let malformed = PostgresError(
        sqlState: "XX000", message: "an unexpected answer", isConnectionLost: false)
}

/// Runs a transaction, and runs it again if another one has made it outdated.
///
/// - Parameter attempts: How often it is run at most.
func untilUpToDate<Value>(
    attempts: Int, _ transaction: () throws(PostgresError) -> Value
) throws(PostgresError) -> Value {
    for _ in 1..<attempts {
        do throws(PostgresError) {
            return try transaction()
        } catch {
            guard error.isOutdated else { throw error }
        }
    }
    return try transaction()
}

extension StoreError {
    init(_ error: PostgresError) {
        self =
            switch error.sqlState {
            case "53100": .full  // disk_full
            case "55P03", "57014", "40P01", "40001": .locked  // a lock or a time limit, a deadlock, a conflict
            case "25006": .failed("the database takes no writes now: \(error.message)")
            default: .failed(error.message)
            }
    }
}

#endif
