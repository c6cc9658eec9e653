import ChatClient

/// Why a command failed.
struct CommandFailure: Error {
    /// Exit codes of sysexits.h, which scripts can tell apart.
    enum Code {
        static let success: Int32 = 0
        /// As `grep` has it.
        static let nothingFound: Int32 = 1
        /// EX_DATAERR: the message cannot be sent.
        static let badMessage: Int32 = 65
        /// EX_NOINPUT: there is nothing to read.
        static let noInput: Int32 = 66
        /// EX_UNAVAILABLE: there is no server, or none that answers.
        static let unreachable: Int32 = 69
        /// EX_CANTCREAT
        static let cannotCreate: Int32 = 73
        /// EX_IOERR: reading or writing failed.
        static let output: Int32 = 74
        /// EX_IOERR: what was written is neither sent nor stored.
        static let notKept: Int32 = 74
        /// EX_NOPERM
        static let refused: Int32 = 77
        /// The exit code that shells give a program ended by Ctrl-C.
        static let interrupted: Int32 = 130
    }

    /// Nil if everything was reported already.
    var sentence: String?
    var code: Int32
}

extension LinkEnd {
    /// The exit code of a command that needs a connection.
    var exitCode: Int32 {
        switch self {
        case .refused(status: 401), .refused(status: 403), .closed(code: 4500), .closed(code: 4503),
            .closed(code: 4504), .closed(code: 4505), .token, .session(.ended), .session(.otherUser),
            .session(.keyRejected):
            CommandFailure.Code.refused
        case .unreachable, .notAChatServer, .notEncrypted, .onlyEncrypted, .handshake, .unanswered, .proxy, .timedOut,
            .refused, .certificate, .closed, .lost, .noPong, .notStarted, .unusable, .session(.unavailable),
            .session(.refused), .session(.busy), .session(.file), .session(.keyringSilent):
            CommandFailure.Code.unreachable
        }
    }
}
