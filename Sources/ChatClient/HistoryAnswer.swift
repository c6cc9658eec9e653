import ChatWire

/// A page of the server's history, and whether it is complete.
struct HistoryAnswer: Sendable, Hashable {
    /// The messages of the open conversation.
    let page: HistoryPage
    /// Whether a server of protocol 1 may have cut the answer. Such a server returns the oldest messages, and does not
    /// say that there are more.
    let isTruncated: Bool
    /// Whether every message that the server has of the conversation is known from this answer. In protocol 2 this
    /// concerns only the page's part of the conversation.
    let isComplete: Bool

    /// The maximum number of rows of the older server's answer.
    static let maxRows = 1000

    init(_ page: HistoryPage, isProtocol1: Bool, _ isOfConversation: (Message) -> Bool) {
        isTruncated = isProtocol1 && page.messages.count + page.unreadable.count >= Self.maxRows
        // A row without a readable id may be any message. It could be taken for a new one later.
        isComplete = !isTruncated && page.unreadable.allSatisfy { $0 != nil }
        var page = page
        page.messages.removeAll { !isOfConversation($0.message) }
        self.page = page
    }

    /// What the user has to be told about the answer.
    var problem: HistoryFailure? {
        if isTruncated { return .onlyOldest(page.messages.count) }
        return page.unreadable.isEmpty ? nil : .unreadableRows(page.unreadable.count)
    }
}

extension HistoryPage {
    /// The page with its messages in the order of their cursors. A faulty server might return them in another order, and
    /// the store keeps a page's order.
    var inOrderOfCursors: HistoryPage {
        let cursors = messages.compactMap(\.cursor)
        guard cursors.count == messages.count, zip(cursors, cursors.dropFirst()).contains(where: >) else { return self }
        var page = self
        page.messages.sort { ($0.cursor ?? 0) < ($1.cursor ?? 0) }
        return page
    }
}
