import ChatWire

// The ends of a connection by the server, and their close codes.

extension Session {
    // After 4000–4499 a client reconnects. After 4500 and above it stops and tells the user.
    static let tokenExpired: UInt16 = 4004
    static let authTimeout: UInt16 = 4008
    static let tooManyConnections: UInt16 = 4029
    static let invalidToken: UInt16 = 4500
    /// RFC 6455, section 7.4.1.
    static let policyViolation: UInt16 = 1008
    static let wrongUser: UInt16 = 4503
    static let banned: UInt16 = 4504

    /// Refuses an input for good and ends the connection.
    mutating func end(_ error: ErrorCode, _ code: UInt16, because reason: String) -> [Action] {
        isEnding = true
        return [.log(.ended(error, code: code, reason: reason)), failure(error), .close(code: code)]
    }

    /// An operator has banned the user. The client's open requests are not answered.
    mutating func banned() -> [Action] {
        isEnding = true
        return [
            .log(.ended(.forbidden, code: Self.banned, reason: "the user is banned")),
            failure(.forbidden, text: "Доступ закрыт администратором сервера"), .close(code: Self.banned),
        ]
    }

    /// The reason in the Close frame.
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
