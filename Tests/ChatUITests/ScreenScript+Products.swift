import ChatUI
import ChatWire
import ClientUpdates
import Testing

// Steps about the marketplace.

extension ScreenScript {
    /// - Returns: false if it is no step of these.
    mutating func productStep(_ word: String, _ argument: String) throws -> Bool {
        switch word {
        case "marketplace": conversation.model.looksUpProducts = true
        case "listing": conversation.feed(.listings([listing(argument)]))
        case "listed-product": conversation.feed(.conversations([try entryAboutProduct(argument)]))
        default: return false
        }
        return true
    }

    /// `PEER ID|TITLE TIME NAME TEXT`: a conversation whose product has this id. The title is one word, or missing.
    private func entryAboutProduct(_ text: String) throws -> ConversationList.Entry {
        let words = text.split(separator: " ", maxSplits: 4).map(String.init)
        try #require(words.count == 5)
        let product = words[1].split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        var entry = ConversationList.Entry.make(
            try #require(UserID(words[0])), name: UntrustedText(words[3]), words[4],
            at: try #require(Timestamp(iso8601: words[2])))
        entry.product = Product(id: product[0], title: product[1].isEmpty ? nil : UntrustedText(product[1]))
        return entry
    }

    /// `ID PRICE|TITLE|SELLER|NAME`, of which all but the id may be missing.
    private func listing(_ text: String) -> Listing {
        let (id, rest) = text.cut()
        let parts = rest.split(separator: "|", omittingEmptySubsequences: false).map { String($0).unescaped }
        func part(_ index: Int) -> String? {
            parts.indices.contains(index) && !parts[index].isEmpty ? parts[index] : nil
        }
        return Listing(
            id: id, title: part(1).map { UntrustedText($0) }, price: part(0).flatMap { Price(decimal: $0) },
            seller: part(2).flatMap { UserID($0) }, sellerName: part(3).map { UntrustedText($0) })
    }
}
