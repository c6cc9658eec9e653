import ChatWire

/// The steps that follow one change of presence. The value asks the store one question after the other, and says what
/// to tell to whom. `PresenceService` and the simulated server drive it: they ask the store and pass it the answers
/// until it asks nothing more.
protocol PresenceOperation: Sendable {
    func start() -> [PresenceEffect]
    mutating func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect]
}

enum PresenceEffect: Equatable {
    case ask(PresenceQuestion)
    /// Tell these users about the user. The user's presence is read when the event is sent, so the last event is always
    /// true.
    /// - Parameter lastSeen: The time at which the user left; nil if the user came.
    case tell([UserID], about: UserID, lastSeen: Timestamp?)
    /// Tell the remaining peers in the background.
    case tellRest(PresenceAnnouncement)
    case relay(ServerEvent, to: UserID)
}

enum PresenceQuestion: Equatable {
    /// The marks of the user's latest recent conversations.
    case marks(of: UserID, in: ConversationRange)
    case marksWith(UserID, of: UserID)
    /// Those of the given users who block the user or are blocked by them.
    case blockedEitherWay(with: UserID, among: [UserID])
    /// Those of the given users who block the user without being blocked by them.
    case blockers(of: UserID, among: [UserID])
    case lastSeen(of: [UserID])
    /// The time of the newest message of the conversation that the user may know of.
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
