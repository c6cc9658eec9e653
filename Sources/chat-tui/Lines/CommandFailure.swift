import ChatClient

/// A command did not do what it was asked to.
struct CommandFailure: Error {
    /// By sysexits.h, so that a script can tell them apart.
    enum Code {
        static let success: Int32 = 0
        /// EX_DATAERR: such a message cannot be sent.
        static let badMessage: Int32 = 65
        /// EX_UNAVAILABLE: no server, or none that answers.
        static let unreachable: Int32 = 69
        /// EX_CANTCREAT
        static let cannotCreate: Int32 = 73
        /// EX_IOERR, of input as well.
        static let output: Int32 = 74
        /// EX_IOERR: what was written is neither sent nor kept.
        static let notKept: Int32 = 74
        /// EX_NOPERM
        static let refused: Int32 = 77
        /// As shells say that Ctrl-C ended a program.
        static let interrupted: Int32 = 130
    }

    /// Nil where all was said already.
    var sentence: String?
    var code: Int32
}

extension LinkEnd {
    /// What a command that cannot go on without a connection ends with.
    var exitCode: Int32 {
        switch self {
        case .refused(status: 401), .refused(status: 403), .closed(code: 4500), .closed(code: 4503),
            .closed(code: 4504), .tokenExpired:
            CommandFailure.Code.refused
        case .unreachable, .notAChatServer, .notEncrypted, .onlyEncrypted, .handshake, .unanswered, .proxy, .timedOut,
            .refused, .certificate, .closed, .lost, .noPong, .notStarted, .unusable:
            CommandFailure.Code.unreachable
        }
    }
}
