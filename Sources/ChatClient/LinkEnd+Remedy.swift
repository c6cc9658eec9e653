import ChatWire

// What the end of a link means for the next attempt.

extension LinkEnd {
    /// What it means that the server refuses a log-in. Nil: it may take it another time.
    init?(refusal code: ErrorCode?) {
        switch code {
        case .notAuthorized: self = .closed(code: 4500)
        case .forbidden: self = .closed(code: 4503)
        default: return nil
        }
    }

    /// A connection ended without a reason.
    var isMute: Bool { self == .lost || self == .closed(code: nil) }

    /// Another token may be all it takes.
    var isOfToken: Bool {
        switch self {
        case .refused(status: 401), .refused(status: 403), .closed(code: 4500), .closed(code: 4503), .tokenExpired,
            .unusable:
            true
        case .unreachable, .notAChatServer, .notEncrypted, .onlyEncrypted, .handshake, .unanswered, .proxy, .timedOut,
            .refused, .certificate, .closed, .lost, .noPong, .notStarted:
            false
        }
    }

    enum Remedy {
        /// Try again, but not before so long.
        case time(atLeast: Duration)
        /// Trying again changes nothing: the user has to do something.
        case user
    }

    var remedy: Remedy {
        switch self {
        case .refused(status: 401), .refused(status: 403), .tokenExpired, .unusable: .user
        case .closed(let code?) where (4500...4999).contains(code): .user
        // It may be a hotel's network, so it is tried again, but slowly.
        case .certificate: .time(atLeast: .seconds(30))
        case .notStarted: .time(atLeast: .seconds(5))
        case .unreachable, .notAChatServer, .notEncrypted, .onlyEncrypted, .handshake, .unanswered, .proxy, .timedOut,
            .refused, .closed, .lost, .noPong:
            .time(atLeast: .zero)
        }
    }
}
