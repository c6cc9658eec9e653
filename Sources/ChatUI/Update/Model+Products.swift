import ChatWire

/// The list of products and its keys.
extension Model {
    /// Handles a key if it concerns the list of products. Nil if it does not.
    mutating func chooseProduct(of list: ProductList, _ key: Key, _ action: Action?) -> [Effect]? {
        var list = list
        switch action {
        case .rowUp, .selectOlder: list.move(by: -1)
        case .rowDown, .selectNewer: list.move(by: 1)
        case .pageUp, .home, .toTop: list.select(0)
        case .pageDown, .end, .toBottom: list.select(list.products.count)
        case .send:
            conversation?.choose(list.choice, in: &app)
            return []
        case .escape, .product:
            app.overlay = nil
            return []
        case .interrupt, .quit, .redraw, .suspend, .reconnect, .help: return nil
        case .newLine, .edit, .complete, .editExternally, .forward, .searchOlder, .searchNewer, .search, .find, .date,
            .copy, .quote, .links, .templates, .template, .resend, .takeBack, .discard, .inbox, .nextUnread,
            .conversation, .show, .longestWaitingFirst, .toggle, .block, .unblock, .deleteOrQuit:
            return []
        case nil:
            guard key.modifiers.isDisjoint(with: [.control, .alt]), case .character(let character) = key.code,
                let number = character.wholeNumberValue, number <= list.products.count
            else { return [] }
            list.select(number == 0 ? list.products.count : number - 1)
            conversation?.choose(list.choice, in: &app)
            return []
        }
        app.overlay = .products(list)
        return []
    }
}

extension ConversationScreen {
    /// Chooses what the next messages are about. Without a text it opens the list of the conversation's products.
    mutating func chooseProduct(_ text: String, in app: inout AppState) {
        guard let list = state.productList(selecting: state.subject) else {
            app.notice = .noProducts
            return
        }
        if !text.isEmpty {
            guard let index = list.index(of: text) else {
                app.notice = .unknownProduct(text.count > 20 ? text.prefix(19) + "…" : text)
                return
            }
            var list = list
            list.select(index)
            return choose(list.choice, in: &app)
        }
        app.overlay = app.isWindowTooSmall ? nil : .products(list)
    }

    fileprivate mutating func choose(_ product: Product?, in app: inout AppState) {
        app.overlay = nil
        state.products.chosen = product
        app.notice = .productChosen(product?.label)
    }
}

extension ConversationState {
    /// Nil if no product was named in the conversation.
    ///
    /// - Parameter product: What is selected at first. Nil for no product.
    func productList(selecting product: Product?) -> ProductList? {
        ProductList(products.choices(in: transcript), selecting: product)
    }
}
