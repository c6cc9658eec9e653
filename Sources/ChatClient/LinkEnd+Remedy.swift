import ChatWire

// How the client continues after the end of a link.

extension LinkEnd {
    /// The end that a refused log-in means. Nil: the server may accept it another time.
    init?(refusal code: ErrorCode?) {
        switch code {
        case .notAuthorized: self = .closed(code: 4500)
        case .forbidden: self = .closed(code: 4503)
        default: return nil
        }
    }

    /// Whether the connection ended without telling a reason.
    var isMute: Bool { self == .lost || self == .closed(code: nil) }

    /// Whether another token may solve the problem.
    var isOfToken: Bool {
        switch self {
        case .refused(status: 401), .refused(status: 403), .closed(code: 4500), .closed(code: 4503), .token,
            .unusable(.tokenFile), .unusable(.tokenCommand), .session(.ended), .session(.otherUser), .session(.file),
            .session(.keyRejected):
            true
        case .session(.unavailable), .session(.refused), .session(.busy), .session(.keyringSilent): false
        case .unreachable, .notAChatServer, .notEncrypted, .onlyEncrypted, .handshake, .unanswered, .proxy, .timedOut,
            .refused, .certificate, .closed, .lost, .noPong, .notStarted, .unusable:
            false
        }
    }

    enum Remedy {
        /// Try again, but not before this time.
        case time(atLeast: Duration)
        /// Another attempt cannot succeed: the user has to do something.
        case user
    }

    var remedy: Remedy {
        switch self {
        case .refused(status: 401), .refused(status: 403), .token, .unusable: .user
        case .session(.ended), .session(.otherUser), .session(.file), .session(.keyRejected): .user
        case .closed(let code?) where (4500...4999).contains(code): .user
        // A hotel's network may intercept the connection for a while, so the client tries again, but rarely.
        // A service that refuses hardly thinks otherwise a second later.
        case .certificate, .session(.refused): .time(atLeast: .seconds(30))
        case .notStarted, .session(.keyringSilent): .time(atLeast: .seconds(5))
        case .unreachable, .notAChatServer, .notEncrypted, .onlyEncrypted, .handshake, .unanswered, .proxy, .timedOut,
            .refused, .closed, .lost, .noPong, .session(.unavailable), .session(.busy):
            .time(atLeast: .zero)
        }
    }
}
