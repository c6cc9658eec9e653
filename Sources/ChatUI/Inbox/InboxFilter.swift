import ChatWire
import TextSearch

/// The text that filters the list of conversations by the peer's name or id, or by the title or id
/// of the last product.
struct InboxFilter: Sendable, Hashable {
    /// As typed, without white space at either end.
    var text: String { query.text }
    private let query: TextQuery

    /// Nil for a text that would match everything.
    init?(_ text: String) {
        guard let query = TextQuery(text) else { return nil }
        self.query = query
    }

    /// What the filter lets through.
    /// - Parameter text: The result of `searchableText(of:)` or `searchable`.
    func matching<Element>(of elements: [Element], text: (Element) -> FoldedText) -> [Element] {
        query.matching(of: elements, text: text)
    }

    /// The text of a conversation that the filter searches.
    static func searchableText(of entry: InboxEntry) -> FoldedText {
        let product = entry.product
        let parts = [
            entry.peerName?.displayed(), product?.title?.displayed(), product?.id.map { UntrustedText($0).displayed() },
            entry.peer.displayed,
        ]
        return searchable(parts.compactMap(\.self).joined(separator: "\n"))
    }

    static func searchable(_ text: String) -> FoldedText { FoldedText(UntrustedText(text)) }
}
