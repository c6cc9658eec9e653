/// What a key or a slash command does.
enum Action: Sendable, Hashable {
    case send, newLine
    case edit(LineEditor.Command)
    case complete, editExternally
    case rowUp, rowDown, home, end
    case pageUp, pageDown, toTop, toBottom
    case forward, searchOlder, searchNewer, search
    /// Searches all conversations.
    case find
    /// Goes to a day.
    case date
    case selectOlder, selectNewer, copy, quote, links, product
    /// Shows the templates, or inserts the one that is named.
    case templates, template
    case reconnect, resend, discard
    case inbox, nextUnread
    /// Opens the n-th conversation of the list, counted from 1.
    case conversation(Int)
    case block, unblock
    case help, redraw, suspend, escape
    case interrupt, deleteOrQuit, quit

    /// Whether it works only in an open conversation.
    var isAboutConversation: Bool {
        switch self {
        case .date, .copy, .quote, .links, .product, .templates, .template, .resend, .discard, .block, .unblock: true
        case .send, .newLine, .edit, .complete, .editExternally, .rowUp, .rowDown, .home, .end, .pageUp, .pageDown,
            .toTop, .toBottom, .forward, .searchOlder, .searchNewer, .search, .find, .selectOlder, .selectNewer,
            .reconnect,
            .inbox, .nextUnread, .conversation, .help, .redraw, .suspend, .escape, .interrupt, .deleteOrQuit, .quit:
            false
        }
    }
}
