import ChatWire
import ClientUpdates

// The products of the conversation, in lines.

extension PlainConversation {
    /// Says what the messages from this one on are about, if it is something else than before. Messages that name no
    /// product change nothing.
    mutating func sayProduct(of index: Int) {
        guard let product = transcript.product(at: index).map(state.products.titled) else { return }
        defer { shownProduct = product }
        if let shownProduct, shownProduct.isSame(as: product) { return }
        if let label = product.label { say(texts.product(label.displayed()).asSentence) }
    }

    /// Says what the marketplace says about the product of the next messages, if that is new. The first line may have had
    /// only its id.
    mutating func learn(_ listing: Listing) {
        state.learn(listing)
        guard let subject = state.subject(of: nil), subject.id.map({ UntrustedText($0) }) == UntrustedText(listing.id),
            let title = listing.title, toldListing != listing
        else { return }
        toldListing = listing
        say((texts.product(title.displayed()) + (listing.price.map { " · " + texts.price($0) } ?? "")).asSentence)
    }

    /// Chooses what the next messages are about. Without a text it lists the products.
    mutating func chooseProduct(_ text: String) {
        let products = state.products.choices(in: transcript)
        guard !products.isEmpty else {
            hasFailed = true
            return say(texts.noProducts)
        }
        let chosen = state.products.chosen.map(state.products.titled)
        guard !text.isEmpty else {
            let place = chosen.map { products.place(of: $0) ?? 0 }
            for (index, product) in products.enumerated() {
                let label = product.label?.displayed() ?? ""
                say(texts.listed(label, number: index + 1, isChosen: index == place))
            }
            say(texts.listed(nil, number: 0, isChosen: chosen == nil))
            return say(texts.choosesProduct)
        }
        let named = NamedProducts(products)
        guard case .product(let product)? = named.choice(named: text) else {
            hasFailed = true
            let fitsSeveral = named.matching(text).count > 1
            return say(texts.unknownProduct(excerpt(UntrustedText(text)), fitsSeveral: fitsSeveral))
        }
        state.products.chosen = product
        if !unsentLines.isEmpty {
            // They are among the next messages.
            for index in unsentLines.indices { unsentLines[index].product = state.productToBegin }
            saveDraft()
        }
        say(texts.productChosen(product?.label?.displayed()))
    }
}
