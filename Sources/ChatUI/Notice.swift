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
    case historyNotProvided
    case historyFailed(String)
    case text(String)

    /// When it disappears of itself.
    var expiry: Timestamp? {
        if case .pressAgainToQuit(_, let until) = self { until } else { nil }
    }
}
