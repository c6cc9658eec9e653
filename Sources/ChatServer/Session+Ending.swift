import ChatWire

// The ends of a connection by the server, and their close codes.

extension Session {
    /// A client reconnects after 4000–4499. After 4500 and above it stops and tells the user.
    public enum CloseCode: UInt16, Sendable {
        /// RFC 6455, section 7.4.1.
        case policyViolation = 1008
        /// RFC 6455, section 7.4.1.
        case unexpectedCondition = 1011
        case tokenExpired = 4004
        case authTimeout = 4008
        case tooManyConnections = 4029
        case invalidToken = 4500
        case wrongUser = 4503
        case banned = 4504
        case noSuchUser = 4505

        /// The reason in the Close frame.
        var reason: String {
            switch self {
            case .policyViolation: "too much was said before auth"
            case .unexpectedCondition: "the database failed"
            case .tokenExpired: "the token expired"
            case .authTimeout: "nobody said who this is"
            case .tooManyConnections: "the user has too many connections"
            case .invalidToken: "no good token"
            case .wrongUser: "the token is another user's"
            case .banned: "the user is banned"
            case .noSuchUser: "no user can have this id"
            }
        }
    }

    /// Refuses an input for good and ends the connection.
    mutating func end(_ error: ErrorCode, _ code: CloseCode, because reason: String) -> [Action] {
        isEnding = true
        return [.log(.ended(error, code: code, reason: reason)), failure(error), .close(code: code)]
    }

    /// The client names a user whom the store cannot have.
    mutating func endForNobody(_ user: UserID) -> [Action] {
        isEnding = true
        return [
            .log(.ended(.forbidden, code: .noSuchUser, reason: "no user can be called \(user)")),
            failure(.forbidden, text: "ID на этом сервере — UUID строчными буквами"), .close(code: .noSuchUser),
        ]
    }

    /// Nobody knows whether a message of this client is stored. Told that it failed, a client of protocol 1 would send it
    /// again, and it would be there twice. Without an answer, each client finds out after it has connected again: by the
    /// message's id, or in the history.
    mutating func endInDoubt() -> [Action] {
        isEnding = true
        return [.close(code: .unexpectedCondition)]
    }

    /// An operator has banned the user. The client's open requests are not answered.
    mutating func banned() -> [Action] {
        isEnding = true
        return [
            .log(.ended(.forbidden, code: .banned, reason: "the user is banned")),
            failure(.forbidden, text: "Доступ закрыт администратором сервера"), .close(code: .banned),
        ]
    }
}
