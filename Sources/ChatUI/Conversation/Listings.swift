import ChatWire
import ClientUpdates

/// What the marketplace says about products, as far as this window has asked for it.
struct Listings: Sendable {
    /// Nil if no marketplace is known. Then nothing is asked.
    private var asked: Set<UntrustedText>?
    private var known: [UntrustedText: Listing] = [:]
    /// The product that the header named last. It is asked for again when the header names it again.
    private var shown: UntrustedText?

    /// A peer can name another product with each message, so a window asks for no more than these.
    static let maxAsked = 2000

    /// - Parameter isKnown: Whether there is a marketplace to ask.
    init(isKnown: Bool = false) { asked = isKnown ? [] : nil }

    var isInUse: Bool { asked != nil }

    subscript(product: Product?) -> Listing? { product?.id.flatMap { known[UntrustedText($0)] } }

    /// How the product is called. The marketplace knows it better than a message.
    func label(of product: Product) -> UntrustedText? { self[product]?.title ?? product.label }

    /// - Returns: the ids to ask for: that of the product in the header if it was another one before, and the others that
    ///   nobody has asked for.
    mutating func toAsk(shown product: Product?, others: [Product]) -> [String] {
        guard let asked else { return [] }
        var ids: [String] = []
        let shownNow = product?.id.map { UntrustedText($0) }
        if let id = product?.id, shownNow != shown { ids.append(id) }
        shown = shownNow
        var all = asked
        ids.forEach { all.insert(UntrustedText($0)) }
        for id in others.compactMap(\.id) where all.count < Self.maxAsked && all.insert(UntrustedText(id)).inserted {
            ids.append(id)
        }
        self.asked = all
        return ids
    }

    /// - Returns: false if nobody asked for this one.
    mutating func learn(_ listing: Listing) -> Bool {
        guard asked?.contains(UntrustedText(listing.id)) == true else { return false }
        known[UntrustedText(listing.id)] = listing.isEmpty ? nil : listing
        return true
    }
}

extension ConversationState {
    /// The marketplace says this about a product.
    mutating func learn(_ listing: Listing) {
        if let title = listing.title {
            products.note(title: title, of: listing.id)
        }
        if listing.seller == peer, let name = listing.sellerName, peerName.fromServer == nil {
            peerName.fromServer = name
        }
    }
}

extension Model {
    /// Whether there is a marketplace that products are looked up in. False until it is set.
    public var looksUpProducts: Bool {
        get { app.listings.isInUse }
        set { app.listings = Listings(isKnown: newValue) }
    }

    mutating func learn(_ listings: [Listing]) {
        for listing in listings where app.listings.learn(listing) { conversation?.state.learn(listing) }
    }

    /// The products to look up after an event: what the header names, and what is listed without a title.
    mutating func productsToLookUp(after event: Event) -> [Effect] {
        guard app.listings.isInUse else { return [] }
        var others: [Product] = []
        if case .client(let news) = event {
            if case .conversations(let entries) = news {
                others = entries.compactMap(\.product).filter { $0.title == nil }
            } else if news.mayNameProducts {
                others = conversation?.state.products.untitled ?? []
                // The window may know them from another conversation.
                for listing in others.compactMap({ app.listings[$0] }) { conversation?.state.learn(listing) }
            }
        }
        let subject = conversation?.state.subject(of: app.editor.draft.product)
        let ids = app.listings.toAsk(shown: subject, others: others)
        return ids.isEmpty ? [] : [.lookUp(products: ids)]
    }
}

extension Update {
    fileprivate var mayNameProducts: Bool {
        switch self {
        case .history, .oldest, .newer, .around, .beginning, .since, .received, .unsent, .profile, .products: true
        case .connection, .opened, .conversations, .conversationNotes, .drafts, .unsentElsewhere,
            .conversationsComplete, .conversationsUnavailable, .caughtUp, .pastUnknown, .serverRestored,
            .historyUnavailable, .searchResults, .found, .missingStored, .outgoing, .postponed, .marked, .typing,
            .presence, .blocked, .blockingFailed, .draft, .storeFailed, .storeRecovered:
            false
        }
    }
}
