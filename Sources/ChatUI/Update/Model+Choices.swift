/// The keys of a list that the user chooses from.
extension Model {
    /// Handles a key if it concerns the list. Nil if it does not.
    ///
    /// - Parameter earlier: What was told before this key.
    mutating func choose(
        from list: Choices, _ key: Key, _ action: Action?, after earlier: Notice?, in environment: Environment
    ) -> [Effect]? {
        var list = list
        let page = ChoiceLayout(list, app, height: Frame(self, in: environment).middle.count, in: environment).page
        switch action {
        case .rowUp, .selectOlder: list.move(by: -1)
        case .rowDown, .selectNewer: list.move(by: 1)
        case .pageUp: list.move(by: -page)
        case .pageDown: list.move(by: page)
        case .home, .toTop: list.select(0)
        case .end, .toBottom: list.select(list.shown.count - 1)
        case .send: return take(list.chosen, after: earlier)
        case .edit(let command): if list.isSearchable { list.search { $0.perform(command) } }
        case .deleteOrQuit: if list.isSearchable { list.search { $0.perform(.deleteCharacter) } }
        case .forward: if list.isSearchable { list.search { $0.perform(.forwardCharacter) } }
        case .conversation(.copy): return copyLink(of: list)
        case .escape where !list.query.isEmpty: list.search { $0.clear() }
        case .conversation(list.opener), .escape:
            app.overlay = nil
            return []
        case .newLine, .complete, .editExternally, .conversation, .list: return []
        case .program: return nil
        case nil:
            guard let typed = key.typed else { return [] }
            if let index = typed.wholeNumberValue.flatMap(list.index(of:)) {
                list.select(index)
                // A link is looked at before it is opened.
                if list.kind != .links { return take(list.chosen, after: earlier) }
            } else if list.isSearchable {
                list.search { $0.type(typed) }
            } else if key.latinLetter == "c" {
                return copyLink(of: list)
            }
        }
        app.overlay = .choices(list)
        return []
    }

    private mutating func take(_ choice: Choices.Choice?, after earlier: Notice?) -> [Effect] {
        switch choice {
        case .address(let link): return open(link, after: earlier)
        case .template(let template): return put(template)
        case .product(let product):
            conversation?.choose(product, in: &app)
            return []
        case nil: return []
        }
    }
}
