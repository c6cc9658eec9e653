import ChatWire

/// What presence does about one thing that happened: a value that asks the store one question after the other, and says what is
/// told to whom. `PresenceService` and the simulated server are its drivers: they ask the store what it asks and give it the answer,
/// until it asks nothing more.
protocol PresenceOperation: Sendable {
    func start() -> [PresenceEffect]
    mutating func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect]
}

enum PresenceEffect: Equatable {
    case ask(PresenceQuestion)
    /// How things stand with the user, at the moment of telling: so whatever is told last is true.
    /// - Parameter lastSeen: When they left; nil if they came.
    case tell([UserID], about: UserID, lastSeen: Timestamp?)
    /// The rest of the peers, in the background.
    case tellRest(PresenceAnnouncement)
    case relay(ServerEvent, to: UserID)
}

enum PresenceQuestion: Equatable {
    /// The user's latest recent conversations.
    case marks(of: UserID, in: ConversationRange)
    case marksWith(UserID, of: UserID)
    /// Who of these is blocked by the user, or blocks them.
    case blockedEitherWay(with: UserID, among: [UserID])
    /// Who of these blocks the user without being blocked by them.
    case blockers(of: UserID, among: [UserID])
    case lastSeen(of: [UserID])
    /// When the user and the other one wrote to each other last, as far as the user knows.
    case lastTime(of: UserID, with: UserID)
}

enum PresenceAnswer {
    case marks(MarksPage)
    case marksWith(UserID, of: UserID, ConversationMarks)
    case blockedEitherWay(Set<UserID>)
    case blockers([UserID: Timestamp])
    case lastSeen([UserID: Timestamp])
    case lastTime(Timestamp?)
}
