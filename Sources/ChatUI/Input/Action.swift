import ClientUpdates

/// What a key or a slash command does.
///
/// The actions of the input line and those that move mean something wherever the user is. The others form three groups,
/// so that what does not concern a group takes it as a whole.
enum Action: Sendable, Hashable {
    case send, newLine
    case edit(LineEditor.Command)
    case complete, editExternally, deleteOrQuit
    case rowUp, rowDown, home, end
    case pageUp, pageDown, toTop, toBottom
    case forward, selectOlder, selectNewer
    case escape
    case conversation(InConversation)
    case list(AmongConversations)
    case program(OfProgram)

    /// What works only in an open conversation.
    enum InConversation: Sendable, Hashable {
        case search, searchOlder, searchNewer
        /// Goes to a day.
        case date
        case copy, quote, links, product
        /// Shows the templates, or inserts the one that is named.
        case templates, template
        case resend, takeBack, discard
        case block, unblock
    }

    /// What is about the list, or goes to another conversation.
    enum AmongConversations: Sendable, Hashable {
        /// Searches all conversations.
        case find
        case inbox, nextUnread
        /// Opens the n-th conversation of the list, counted from 1.
        case numbered(Int)
        /// Shows a part of the list, or the usual list again.
        case show(InboxView.Selection)
        /// Shows the list in this order, or in the usual one again.
        case longestWaitingFirst
        /// Sets a flag of the open or selected conversation, or removes it.
        case toggle(ConversationFlag)
    }

    /// What works everywhere.
    enum OfProgram: Sendable, Hashable {
        case reconnect, help, redraw, suspend, interrupt, quit
    }

    /// Whether a command is about the open conversation, so that no name is written after it.
    var isAboutConversation: Bool {
        switch self {
        case .conversation(.search), .conversation(.searchOlder), .conversation(.searchNewer): false
        case .conversation, .list(.toggle): true
        case .send, .newLine, .edit, .complete, .editExternally, .deleteOrQuit, .rowUp, .rowDown, .home, .end, .pageUp,
            .pageDown, .toTop, .toBottom, .forward, .selectOlder, .selectNewer, .escape, .list, .program:
            false
        }
    }
}
