import ChatWire

extension ConversationScreen {
    /// Chooses what the next messages are about. Without a text it opens the list of the conversation's products.
    mutating func chooseProduct(_ text: String, in app: inout AppState) {
        let draft = app.editor.draft.product
        let products = state.products.choices(in: state.transcript, and: draft)
        guard let list = Choices(products: products, selecting: state.subject(of: draft)) else {
            app.notice = .noProducts
            return
        }
        let named = NamedProducts(products)
        if text.isEmpty {
            app.overlay = app.isWindowTooSmall ? nil : .choices(list)
        } else if case .product(let product)? = named.choice(named: text) {
            choose(product, in: &app)
        } else {
            let fitsSeveral = named.matching(text).count > 1
            app.notice = .misused(.product(text.count > 20 ? text.prefix(19) + "…" : text, fitsSeveral: fitsSeveral))
        }
    }

    /// Chooses for the draft in the input line; for all that is written from now on, if there is none. The choice of no
    /// product takes both choices back.
    mutating func choose(_ product: Product?, in app: inout AppState) {
        app.overlay = nil
        let isForDraft = !app.editor.isEmpty
        if !isForDraft || product == nil { state.products.chosen = product }
        if isForDraft { app.editor.choose(product) }
        app.notice = .productChosen(product?.label, isForDraft: isForDraft)
    }
}
