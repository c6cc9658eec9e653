import ChatWire
import TextSearch

/// The text that filters the list of conversations by the peer's name or id, or by the product. It ignores case, and it
/// matches text that was typed with the wrong one of the two keyboard layouts.
struct InboxFilter: Sendable, Hashable {
    /// As typed, without white space at either end.
    let text: String
    private let queries: Set<String>

    /// Nil for a text that would match everything.
    init?(_ text: String) {
        self.text = MessageLimits.trimmed(text)
        if self.text.isEmpty { return nil }
        let folded = TextQuery.folded(UntrustedText(self.text).displayed())
        queries = [folded, KeyboardLayout.latin(folded), TextQuery.folded(KeyboardLayout.russian(folded))]
    }

    /// - Parameter text: The result of `searchableText(of:)`.
    func matches(_ text: String) -> Bool { queries.contains { text.contains($0) } }

    /// The text of a conversation that the filter searches, case-folded.
    static func searchableText(of entry: InboxEntry) -> String {
        let parts = [entry.peerName?.displayed(), entry.product?.title?.displayed(), entry.peer.displayed]
        return searchable(parts.compactMap(\.self).joined(separator: "\n"))
    }

    static func searchable(_ text: String) -> String { TextQuery.folded(text) }
}
