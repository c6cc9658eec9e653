import ChatWire

/// A word to the user beside the counter, until the next key.
enum Notice: Sendable, Equatable {
    /// Nothing can be sent now.
    case offline
    case tooManyCharacters(excess: Int, limit: Int)
    case tooManyBytes(excess: Int, limit: Int)
    case pasteTooLarge(characters: Int)
    case unknownCommand(String)
    case pressAgainToQuit(key: String, until: Timestamp)
    case nothingToResend
    /// So much was copied, in characters.
    case copied(Int)
    case nothingToCopy
    case noLinks
    /// It is opened only when asked for once more.
    case suspiciousLink
    case pasted(characters: Int, lines: Int)
    case commands([String])
    case notFound(String)
    case noOlderMatch
    case noNewerMatch
    /// The disk did not take what was written; it is in the input line again.
    case notSaved(String)
    case historyUnavailable(HistoryProblem)
    /// What is older is not on the disk.
    case olderIsOnServer
    case badUserID
    case ownUserID
    case noUnread
    /// What the key or command does, it does to an open conversation.
    case onlyInConversation
    case noConversation(Int)
    /// Only the list tells of other conversations, and it was not opened yet.
    case inboxNotOpened
    /// The user blocks the peer now, or does no longer.
    case blocked(Bool)
    case blockingFailed(BlockingProblem)
    case text(String)

    /// When it disappears of itself.
    var expiry: Timestamp? {
        if case .pressAgainToQuit(_, let until) = self { until } else { nil }
    }
}
