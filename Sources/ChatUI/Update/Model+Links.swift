/// The list of links and its keys.
extension Model {
    /// Handles a key if it concerns the list of links. Nil if it does not.
    mutating func chooseLink(of list: LinkList, _ key: Key, _ action: Action?) -> [Effect]? {
        var list = list
        switch action {
        case .rowUp, .selectOlder: list.move(by: -1)
        case .rowDown, .selectNewer: list.move(by: 1)
        case .pageUp, .home, .toTop: list.select(0)
        case .pageDown, .end, .toBottom: list.select(list.links.count - 1)
        case .send:
            let mayOpen = list.isWarned || list.chosen.warnings.isEmpty || !preferences.opensLinks
            if mayOpen { return open(list.chosen) }
            list.isWarned = true
            app.notice = .suspiciousLink
        case .copy: return copy(list.chosen)
        case .escape, .links:
            app.overlay = nil
            return []
        case .interrupt, .quit, .redraw, .suspend, .reconnect, .help: return nil
        case .newLine, .edit, .complete, .editExternally, .forward, .searchOlder, .searchNewer, .search, .quote,
            .product, .find, .date,
            .resend,
            .discard, .templates, .template, .inbox, .nextUnread, .conversation, .block, .unblock, .deleteOrQuit:
            return []
        case nil:
            guard key.modifiers.isDisjoint(with: [.control, .alt]) else { return [] }
            if key.latinLetter == "c" { return copy(list.chosen) }
            guard case .character(let character) = key.code, let number = character.wholeNumberValue, number > 0,
                number <= list.links.count
            else { return [] }
            list.select(number - 1)
        }
        app.overlay = .links(list)
        return []
    }

    private mutating func open(_ link: Link) -> [Effect] {
        guard preferences.opensLinks else { return copy(link) }
        app.overlay = nil
        return [.openLink(link.address)]
    }

    private mutating func copy(_ link: Link) -> [Effect] {
        app.overlay = nil
        return app.copy(link.address)
    }
}

extension ConversationScreen {
    /// Opens the list of the links in the visible messages.
    func showLinks(in app: inout AppState, _ environment: Environment) {
        guard !app.isWindowTooSmall else { return }
        app.overlay = nil
        var links: [Link] = []
        for index in layout(in: app, environment).visibleIndices {
            for link in Link.all(in: state.transcript.line(at: index).text) {
                links.removeAll { $0 == link }
                links.append(link)
            }
        }
        guard let list = LinkList(links) else {
            app.notice = .noLinks
            return
        }
        app.overlay = .links(list)
    }
}
