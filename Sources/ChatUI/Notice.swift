import ChatWire
import ClientUpdates
import Formats

/// A message to the user beside the counter. It disappears with the next key; a mere answer to a key disappears after
/// some seconds.
enum Notice: Sendable, Equatable {
    /// Nothing can be sent, because there is no connection.
    case offline
    /// Nothing can be sent, because there is no connection; nor is the text in the input line saved on disk.
    case offlineNotKept
    case tooManyCharacters(excess: Int, limit: Int)
    case tooManyBytes(excess: Int, limit: Int)
    /// The message exceeds both limits, by this much.
    case tooLong(characters: Int, bytes: Int, MessageLimits)
    /// `characters` is how many did not fit into the input line, which takes `limit` bytes. `message` is the limit of a
    /// message in characters.
    case pasteTooLarge(characters: Int, limit: Int, message: Int)
    /// The first word as it was typed. `nearest` is the command that may have been meant. `asText` says whether the draft
    /// could be sent as a message.
    case unknownCommand(String, nearest: String?, asText: Bool)
    case commandTakesNoText(String, isAboutConversation: Bool)
    case pressAgainToQuit(key: String, until: ContinuousClock.Instant)
    /// The user has to confirm that these messages and drafts are lost.
    case leavingLoses(Remains)
    /// No message has failed that could be resent, taken back or deleted.
    case nothingFailed(UseOfFailed)
    /// There is nothing to resend, because the unsent messages are resent automatically.
    case resendsAutomatically
    case copied(CopyOutcome, characters: Int)
    case nothingToCopy
    case nothingToQuote
    /// What the next messages are about. Nil for no product.
    case productChosen(UntrustedText?, isForDraft: Bool)
    case noProducts
    case noLinks
    /// How to get the interface in English. It is shown at the start.
    case inEnglish(EnglishHint)
    /// The link looks deceptive. It is opened if the user asks again.
    /// Enter opens this link if the user asks again.
    case suspiciousLink(Link)
    case pasted(characters: Int, lines: Int)
    case commands([String])
    /// What the beginning of a text after a command can be completed to.
    case completions([String])
    case noTemplates
    case unknownTemplate(String, nearest: [String])
    /// A template was inserted, and these placeholders have no value.
    case fillIn([Template.Placeholder])
    /// The draft still has this placeholder. Enter sends it if the user asks again.
    case placeholderLeft(Template.Placeholder)
    /// `loadKey` is the key that loads the messages that only the server has. Nil if there are none.
    case notFound(String, loadKey: String?)
    case noOlderMatch(loadKey: String?)
    case noNewerMatch
    /// The text could not be saved on disk. It is in the input line again.
    case notSaved(StoreFailure)
    case historyUnavailable(HistoryFailure)
    /// The server has other data than before, or an older state of it.
    case serverRestored
    /// The older messages are not on this disk, and there is no connection.
    case olderOnlyOnServer
    /// The day of `/date` has no messages here. `missing` is nil if it has none elsewhere, either.
    case emptyDay(CivilTime, DayInstead, thisYear: Int, missing: Missing?)
    /// What follows a command cannot be used. The line stays, so that it can be mended.
    case misused(Misuse)
    case noUnread
    /// The conversation of this name was to be marked as unread, and has unread messages.
    case alreadyUnread(name: String)
    /// The user asked for a connection, and there is one.
    case connectedAlready
    /// The key or the command works only in an open conversation.
    case onlyInConversation
    case noConversation(Int)
    /// The user has set or removed a flag of a conversation. `name` is the peer's, if the list is shown. `isFirst`: no
    /// flag was set in this window before.
    case flagged(ConversationFlag, Bool, isMuted: Bool, name: String?, isFirst: Bool)
    /// The peer has been blocked (true) or unblocked (false).
    case blocked(Bool)
    /// The peer is already blocked (true) or not blocked (false).
    case blockUnchanged(Bool)
    case blockingFailed(BlockingFailure)
    case disk(DiskProblem)
    case storeFailed(StoreFailure)
    case otherProgram(OtherProgramNews)

    /// When a notice that appeared now disappears by itself. Nil if the user should not miss it, or has to act.
    func expiry(from now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        switch self {
        case .pressAgainToQuit(_, let until): until
        case .nothingFailed, .resendsAutomatically, .copied, .nothingToCopy, .nothingToQuote, .productChosen,
            .noProducts, .noLinks, .pasted, .commands, .completions,
            .noTemplates, .notFound,
            .noOlderMatch, .noNewerMatch, .noUnread, .alreadyUnread, .connectedAlready, .onlyInConversation, .emptyDay,
            .noConversation,
            .flagged, .blocked,
            .blockUnchanged, .leavingLoses:
            now.advanced(by: Self.span)
        case .offline, .offlineNotKept, .tooManyCharacters, .tooManyBytes, .tooLong, .pasteTooLarge, .unknownCommand,
            .commandTakesNoText, .inEnglish, .unknownTemplate, .fillIn, .placeholderLeft,
            .suspiciousLink, .notSaved, .historyUnavailable, .serverRestored, .olderOnlyOnServer, .misused,
            .blockingFailed, .disk, .storeFailed, .otherProgram:
            nil
        }
    }

    private static let span: Duration = .seconds(10)
}

extension Notice {
    /// What the conversation has instead of messages of a day.
    enum DayInstead: Sendable, Equatable {
        /// The next messages, which are shown, are of this day.
        case next(CivilTime)
        /// The conversation begins on this day, which is shown.
        case first(CivilTime)
        /// The conversation ends on this day.
        case last(CivilTime)
        case noMessages
    }

    /// Why messages may be missing.
    enum Missing: Sendable, Equatable {
        case offline
        /// There is a connection, and the history is being loaded.
        case loading
        /// The server or the disk has them.
        case notLoaded
        /// Nobody can say whether there are any.
        case unknown
    }

    /// What the user wanted with a failed message.
    enum UseOfFailed: Sendable {
        case resend, takeBack, discard
    }

    /// What is wrong with the text after a command.
    enum Misuse: Sendable, Equatable {
        /// It names no day.
        case date(String)
        /// No product has this text, or more than one.
        case product(String, fitsSeveral: Bool)
        case userID
        case ownUserID
        /// The first word could be an ID, but nobody in the list has it.
        case severalWords(String)
        /// Two conversations have an ID that the text begins with.
        case severalIDs(String, String)
    }
}
