import ChatUI
import ChatWire
import ClientUpdates
import Testing

/// The steps about the list of conversations.
extension ScreenScript {
    /// False if there is no such step.
    mutating func inboxStep(_ word: String, _ argument: String) throws -> Bool {
        switch word {
        case "listed": conversation.feed(.conversations([try entry(argument)]))
        case "listed-blocked":
            var entry = try entry(argument)
            entry.isBlocked = true
            conversation.feed(.conversations([entry]))
        case "listed-many": conversation.feed(.conversations(numbered(try #require(Int(argument)))))
        case "list-empty": conversation.feed(.conversations([]))
        case "list-draft":
            let (peer, text) = argument.cut()
            conversation.feed(.drafts([try #require(UserID(peer)): Draft(text.unescaped)]))
        case "list-unsent":
            let (peer, rest) = argument.cut()
            let (word, text) = rest.cut()
            conversation.feed(
                .unsentElsewhere(
                    .make(
                        "unsent-\(peer)", text, to: try #require(UserID(peer)),
                        at: conversation.now.advanced(by: .seconds(-3600))),
                    word == "waiting" ? .waiting : .stale))
        case "noted": try note(argument)
        case "list-complete": conversation.feed(.conversationsComplete)
        case "list-missing":
            conversation.feed(.conversationsUnavailable(try historyFailure(argument.isEmpty ? "404" : argument)))
        case "opened": conversation.feed(.opened(nil))
        default: return false
        }
        return true
    }

    /// `PEER FLAG,FLAG… [TIME]`: the flags, and since when the peer waits. `-` stands for no flags.
    private mutating func note(_ argument: String) throws {
        let (peer, rest) = argument.cut()
        let (flags, time) = rest.cut()
        let notes = ConversationNotes(
            flags: Set(flags.split(separator: ",").compactMap { ConversationFlag(rawValue: String($0)) }),
            waitingSince: Timestamp(iso8601: time))
        conversation.feed(.conversationNotes([try #require(UserID(peer)): notes]))
    }

    /// `PEER UNREAD SIDE TIME NAME|PRODUCT|TEXT`
    private func entry(_ argument: String) throws -> ConversationList.Entry {
        let (peer, afterPeer) = argument.cut()
        let (unread, afterUnread) = afterPeer.cut()
        let (side, afterSide) = afterUnread.cut()
        let (time, texts) = afterSide.cut()
        let parts = texts.unescaped.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
        try #require(parts.count == 3)
        func part(_ index: Int) -> UntrustedText? { parts[index].isEmpty ? nil : UntrustedText(String(parts[index])) }
        return .make(
            try #require(UserID(peer)), name: part(0), product: part(1), String(parts[2]), own: side == "own",
            unread: try #require(Int(unread)), at: try #require(Timestamp(iso8601: time)))
    }

    /// Conversations from the latest on, each an hour older than the previous one. Every third one has unread messages.
    private func numbered(_ count: Int) -> [ConversationList.Entry] {
        (1...count).compactMap { number in
            UserID("peer\(number)").map {
                .make(
                    $0, name: UntrustedText("Собеседник \(number)"), "Сообщение \(number)",
                    unread: number % 3 == 0 ? number : 0,
                    at: conversation.now.advanced(by: .seconds(-3600 * number)))
            }
        }
    }
}
