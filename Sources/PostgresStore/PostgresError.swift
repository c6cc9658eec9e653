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
        /// Nothing was stored, and the same will never be.
        case never
    }

    /// The code of the error (PostgreSQL's documentation, appendix A); nil if the server did not answer.
    var sqlState: String?
    /// In the server's language.
    var message: String
    var isConnectionLost: Bool

    var outcome: Outcome {
        guard let sqlState else { return .unknown }
        // A commit that is not confirmed by a standby, and the end of the server or of the session.
        if ["08", "57", "58", "XX"].contains(sqlState.prefix(2)) {
            return ["57014", "57P03"].contains(sqlState) ? .notStored : .unknown
        }
        // Bad data, broken constraints, missing rights, and statements that the database does not understand.
        return ["22", "23", "42"].contains(sqlState.prefix(2)) ? .never : .notStored
    }

    /// The store is closed, and nothing was done.
    static let closed = PostgresError(sqlState: "57P03", message: "the store is closed", isConnectionLost: true)

    /// The schema's functions gave something that they never give.
    static let malformed = PostgresError(
        sqlState: "42P13", message: "an unexpected answer", isConnectionLost: false)
}

extension StoreError {
    init(_ error: PostgresError) {
        self =
            switch error.sqlState {
            case "53100": .full  // disk_full
            case "55P03", "57014", "40P01", "40001": .locked  // a lock or a time limit, a deadlock, a conflict
            default: .failed(error.message)
            }
    }
}

#endif
