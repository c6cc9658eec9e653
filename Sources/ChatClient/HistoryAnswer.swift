import ChatWire

/// A page of the history as the server gave it, and what it can be relied upon for.
struct HistoryAnswer: Sendable, Hashable {
    /// The messages of the open conversation.
    let page: HistoryPage
    /// These are the oldest ones, as the older server gives them; it has others and does not tell.
    let isCut: Bool
    /// All that the server has of the conversation is accounted for, or, in protocol 2, of this part of it.
    let isComplete: Bool

    /// As many rows as the older server gives at most.
    static let fullPage = 1000

    init(_ page: HistoryPage, isProtocol1: Bool, _ isOfConversation: (Message) -> Bool) {
        isCut = isProtocol1 && page.messages.count + page.unreadable.count >= Self.fullPage
        // A row of which not even the id can be read may be any message, and be taken for a new one later.
        isComplete = !isCut && page.unreadable.allSatisfy { $0 != nil }
        var page = page
        page.messages.removeAll { !isOfConversation($0.message) }
        self.page = page
    }

    /// What the user has to know of it.
    var problem: HistoryFailure? {
        if isCut { return .onlyOldest(page.messages.count) }
        return page.unreadable.isEmpty ? nil : .unreadableRows(page.unreadable.count)
    }
}
