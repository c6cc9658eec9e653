import ChatWire
import ClientUpdates

/// The parts of the list, its order, and the flags of its conversations.
extension Model {
    /// Shows a part of the list, or the usual list again if that part is shown. In a conversation it goes to the list.
    mutating func show(_ selection: InboxView.Selection) -> [Effect] {
        let isShown = conversation == nil && app.inbox.view.selection == selection
        let effects = open(nil)
        var view = app.inbox.view
        view.selection = isShown ? .usual : selection
        app.inbox.setView(view)
        return effects
    }

    mutating func showLongestWaitingFirst() -> [Effect] {
        let isShown = conversation == nil && app.inbox.view.isLongestWaitingFirst
        let effects = open(nil)
        var view = app.inbox.view
        view.isLongestWaitingFirst = !isShown
        app.inbox.setView(view)
        return effects
    }

    /// Sets a flag of the open or selected conversation, or removes it.
    mutating func toggle(_ flag: ConversationFlag) -> [Effect] {
        let isInList = conversation == nil
        guard let peer = conversation?.peer ?? meantConversation else { return [] }
        let isSet = app.inbox.flags(of: peer).contains(flag)
        if flag == .unread, !isSet, isInList, let entry = app.inbox[peer], entry.unread > 0, entry.toldUnread > 0 {
            app.notice = .alreadyUnread(name: app.displayName(of: entry))
            return []
        }
        var effects = setFlag(flag, !isSet, of: peer)
        // An open conversation counts as read.
        if flag == .unread, !isSet, !isInList { effects += open(nil) }
        let name = conversation == nil ? app.inbox[peer].map { app.displayName(of: $0) } : nil
        app.notice = .flagged(
            flag, !isSet, isMuted: app.inbox.flags(of: peer).contains(.muted), name: name,
            isFirst: !app.hasToldWhereFlagsAre)
        if !isSet { app.hasToldWhereFlagsAre = true }
        return effects
    }

    mutating func setFlag(_ flag: ConversationFlag, _ isSet: Bool, of peer: UserID) -> [Effect] {
        app.inbox.set(flag, isSet, of: peer)
        return [.setFlag(flag, isSet, peer: peer)]
    }

    /// Takes in what this machine knows of conversations. The one that the program began with counts as read.
    mutating func conversationsNoted(_ notes: [UserID: ConversationNotes]) -> [Effect] {
        let isFirst = !app.inbox.isLoaded
        app.inbox.note(notes)
        guard isFirst, let peer = conversation?.peer, app.inbox.flags(of: peer).contains(.unread) else { return [] }
        return setFlag(.unread, false, of: peer)
    }
}

extension Event {
    /// Whether the list may be another one after the event, or its place on the screen.
    var mayChangeList: Bool {
        switch self {
        case .input, .resized, .client, .edited: true
        case .tick, .copied, .notCopiedByProgram, .disk, .listings, .otherProgram, .leavingLoses: false
        }
    }
}
