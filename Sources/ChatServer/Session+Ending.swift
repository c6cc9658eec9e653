import ChatWire

// Why the server ends a connection, and by which close code.

extension Session {
    // 4000–4499: reconnect. 4500 and up: stop and tell the user.
    static let tokenExpired: UInt16 = 4004
    static let authTimeout: UInt16 = 4008
    static let tooManyConnections: UInt16 = 4029
    static let invalidToken: UInt16 = 4500
    /// RFC 6455, section 7.4.1.
    static let policyViolation: UInt16 = 1008
    static let wrongUser: UInt16 = 4503
    static let banned: UInt16 = 4504

    /// What the client said is refused for good: the connection ends.
    mutating func end(_ error: ErrorCode, _ code: UInt16, because reason: String) -> [Action] {
        isEnding = true
        return [.log(.ended(error, code: code, reason: reason)), failure(error), .close(code: code)]
    }

    /// An administrator has banned the user. Whatever the client asked for is not answered.
    mutating func banned() -> [Action] {
        isEnding = true
        return [
            .log(.ended(.forbidden, code: Self.banned, reason: "the user is banned")),
            failure(.forbidden, text: "Доступ закрыт администратором сервера"), .close(code: Self.banned),
        ]
    }

    /// What a Close frame says beside its code.
    static func reason(forClosing code: UInt16) -> String {
        switch code {
        case unexpectedCondition: "the feed cannot be read"
        case policyViolation: "too much was said before auth"
        case tokenExpired: "the token expired"
        case authTimeout: "nobody said who this is"
        case tooManyConnections: "the user has too many connections"
        case invalidToken: "no good token"
        case wrongUser: "the token is another user's"
        case banned: "the user is banned"
        default: ""
        }
    }
}
