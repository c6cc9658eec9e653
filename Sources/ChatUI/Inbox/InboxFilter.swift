import ChatWire
import TextSearch

/// What was typed to find a conversation by the other's name or id, or by the product. It finds the same whatever the
/// case of the letters is, and on which of the two keyboard layouts it was typed.
struct InboxFilter: Sendable, Hashable {
    /// As it was typed, without white space at its ends.
    let text: String
    private let wanted: Set<String>

    /// Nil for a text that would find everything.
    init?(_ text: String) {
        self.text = MessageLimits.trimmed(text)
        if self.text.isEmpty { return nil }
        let folded = TextQuery.folded(UntrustedText(self.text).displayed())
        wanted = [folded, KeyboardLayout.latin(folded), TextQuery.folded(KeyboardLayout.russian(folded))]
    }

    /// - Parameter searched: what `searched(_:)` gave.
    func matches(_ searched: String) -> Bool { wanted.contains { searched.contains($0) } }

    /// What is looked into of a conversation.
    static func searched(_ entry: ConversationList.Entry) -> String {
        let parts = [entry.peerName?.displayed(), entry.product?.title?.displayed(), entry.peer.displayed]
        return TextQuery.folded(parts.compactMap(\.self).joined(separator: "\n"))
    }
}
