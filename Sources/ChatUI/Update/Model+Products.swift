import ChatWire

extension ConversationScreen {
    /// Chooses what the next messages are about. Without a text it opens the list of the conversation's products.
    mutating func chooseProduct(_ text: String, in app: inout AppState) {
        let products = state.products.choices(in: state.transcript)
        guard let list = Choices(products: products, selecting: state.subject) else {
            app.notice = .noProducts
            return
        }
        if text.isEmpty {
            app.overlay = app.isWindowTooSmall ? nil : .choices(list)
        } else if case .product(let product)? = products.choice(named: text) {
            choose(product, in: &app)
        } else {
            app.notice = .misused(.product(text.count > 20 ? text.prefix(19) + "…" : text))
        }
    }

    mutating func choose(_ product: Product?, in app: inout AppState) {
        app.overlay = nil
        state.products.chosen = product
        app.notice = .productChosen(product?.label)
    }
}
