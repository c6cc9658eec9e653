import ChatWire

// Ids that no user of the store can have.

extension Session {
    /// - Parameter user: The id, which the event names.
    mutating func refuse(_ event: ClientEvent, naming user: UserID) -> [Action] {
        let log = Action.log(.badEvent("no user can be called \(user)"))
        switch event {
        case .auth:
            return opened == nil ? endForNobody(user) : [failure(.forbidden)]
        case .message(let message):
            return [
                .log(.refused(.invalidMessage)),
                failure(
                    .invalidMessage, text: ServerText.noSuchUser, clientMessageID: message.clientMessageID),
            ]
        case .read: return [log, failure(.invalidEvent, answers: .read)]
        case .block: return [log, failure(.invalidEvent, answers: .block)]
        case .unblock: return [log, failure(.invalidEvent, answers: .unblock)]
        case .isBlocked: return [log, failure(.invalidEvent, answers: .isBlocked)]
        case .typing, .ack, .refresh, .unknown: return []
        }
    }
}

extension ClientEvent {
    /// The users whom the event names.
    var namedUsers: [UserID] {
        switch self {
        case .auth(let auth): [auth.user]
        case .message(let message): [message.sender, message.receiver]
        case .read(let other, _), .typing(let other), .block(let other), .unblock(let other), .isBlocked(let other):
            [other]
        case .ack, .refresh, .unknown: []
        }
    }
}
