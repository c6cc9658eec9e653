import ChatWire
import ClientUpdates

/// A word to the user beside the counter, until the next key; what is but an answer to a key, for a few seconds.
enum Notice: Sendable, Equatable {
    /// Nothing can be sent now.
    case offline
    /// Nothing can be sent now, and the disk does not take the text in the input line.
    case offlineNotKept
    case tooManyCharacters(excess: Int, limit: Int)
    case tooManyBytes(excess: Int, limit: Int)
    /// So many characters did not fit into the input line, which takes `limit` bytes. A message takes `message` characters.
    case pasteTooLarge(characters: Int, limit: Int, message: Int)
    /// `nearest`: which one may have been meant. `asText`: whether it could be a message.
    case unknownCommand(String, nearest: String?, asText: Bool)
    case wordyCommand(String, isAboutConversation: Bool)
    case pressAgainToQuit(key: String, until: ContinuousClock.Instant)
    /// To quit all the same takes one more word.
    case leavingLoses(Remains)
    case nothingToResend
    /// What is not sent yet is sent without the user's word.
    case sendsItself
    /// So much was copied, in characters.
    case copied(Int)
    case nothingToCopy
    case noLinks
    /// The link is opened when the user asks for it once more.
    case suspiciousLink
    case pasted(characters: Int, lines: Int)
    case commands([String])
    /// `loadKey` loads what only the server has, where there is such.
    case notFound(String, loadKey: String?)
    case noOlderMatch(loadKey: String?)
    case noNewerMatch
    /// The disk did not take what was written; it is in the input line again.
    case notSaved(StoreFailure)
    case historyUnavailable(HistoryFailure)
    /// Older messages are not on this disk, and there is no connection.
    case olderIsOnServer
    case badUserID
    case ownUserID
    case noUnread
    /// The key or command works in an open conversation only.
    case onlyInConversation
    case noConversation(Int)
    /// The user asked for another conversation, and the list was not opened yet.
    case inboxNotOpened
    /// Whether the user blocks the peer, after a change.
    case blocked(Bool)
    /// The user asked for what is so already.
    case blockUnchanged(Bool)
    case blockingFailed(BlockingFailure)
    case text(String)

    /// When one that appeared now disappears of itself. Nil: the user should not miss it, or has to do something.
    func expiry(from now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        switch self {
        case .pressAgainToQuit(_, let until): until
        case .nothingToResend, .sendsItself, .copied, .nothingToCopy, .noLinks, .pasted, .commands, .notFound,
            .noOlderMatch, .noNewerMatch, .noUnread, .onlyInConversation, .noConversation, .inboxNotOpened, .blocked,
            .blockUnchanged, .leavingLoses:
            now.advanced(by: Self.span)
        case .offline, .offlineNotKept, .tooManyCharacters, .tooManyBytes, .pasteTooLarge, .unknownCommand,
            .wordyCommand,
            .suspiciousLink, .notSaved, .historyUnavailable, .olderIsOnServer, .badUserID, .ownUserID,
            .blockingFailed, .text:
            nil
        }
    }

    private static let span: Duration = .seconds(10)
}
