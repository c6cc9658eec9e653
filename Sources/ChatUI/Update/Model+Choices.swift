/// The keys of a list that the user chooses from.
extension Model {
    /// Handles a key if it concerns the list. Nil if it does not.
    ///
    /// - Parameter earlier: What was told before this key.
    mutating func choose(
        from list: Choices, _ key: Key, _ action: Action?, after earlier: Notice?
    ) -> [Effect]? {
        var list = list
        switch action {
        case .rowUp, .selectOlder: list.move(by: -1)
        case .rowDown, .selectNewer: list.move(by: 1)
        case .pageUp, .home, .toTop: list.select(0)
        case .pageDown, .end, .toBottom: list.select(list.all.count - 1)
        case .send: return take(list.chosen, after: earlier)
        case .conversation(.copy): return copyLink(of: list)
        case .conversation(list.opener), .escape:
            app.overlay = nil
            return []
        case .newLine, .edit, .complete, .editExternally, .deleteOrQuit, .forward, .conversation, .list: return []
        case .program: return nil
        case nil:
            guard let typed = key.typed else { return [] }
            if list.kind == .links, key.latinLetter == "c" { return copyLink(of: list) }
            guard let index = typed.wholeNumberValue.flatMap(list.index(of:)) else { return [] }
            list.select(index)
            // A link is looked at before it is opened.
            if list.kind != .links { return take(list.chosen, after: earlier) }
        }
        app.overlay = .choices(list)
        return []
    }

    private mutating func take(_ choice: Choices.Choice, after earlier: Notice?) -> [Effect] {
        switch choice {
        case .address(let link): return open(link, after: earlier)
        case .template(let template): return put(template)
        case .product(let product):
            conversation?.choose(product, in: &app)
            return []
        }
    }
}
