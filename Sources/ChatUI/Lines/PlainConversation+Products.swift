import ChatWire

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

    /// Chooses what the next messages are about. Without a text it lists the products.
    mutating func chooseProduct(_ text: String) {
        guard var list = state.productList(selecting: state.products.chosen.map(state.products.titled)) else {
            hasFailed = true
            return say(texts.noProducts)
        }
        guard !text.isEmpty else {
            for (index, product) in list.products.enumerated() {
                let label = product.label?.displayed() ?? ""
                say(texts.listed(label, number: index + 1, isChosen: index == list.selected))
            }
            say(texts.listed(nil, number: 0, isChosen: list.choice == nil))
            return say(texts.choosesProduct)
        }
        guard let index = list.index(of: text) else {
            hasFailed = true
            return say(texts.unknownProduct(excerpt(UntrustedText(text))))
        }
        list.select(index)
        state.products.chosen = list.choice
        say(texts.productChosen(list.choice?.label?.displayed()))
    }
}
