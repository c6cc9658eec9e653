/// The links on the screen.
extension Model {
    mutating func showLinks(in environment: Environment) {
        guard !isWindowTooSmall else { return }
        overlay = nil
        let visible = Frame(self, in: environment).scrollback.visibleIndices
        var links: [Link] = []
        for index in visible {
            for link in Link.all(in: transcript.line(at: index).text) {
                links.removeAll { $0 == link }
                links.append(link)
            }
        }
        guard let list = LinkList(links) else {
            notice = .noLinks
            return
        }
        overlay = .links(list)
    }

    /// While the links are open, keys are about them. Nil: this one is not.
    mutating func chooseLink(_ key: Key, _ action: Action?, in environment: Environment) -> [Effect]? {
        guard case .links(var list) = overlay else { return nil }
        switch action {
        case .rowUp, .selectOlder: list.move(by: -1)
        case .rowDown, .selectNewer: list.move(by: 1)
        case .pageUp, .home, .toTop: list.select(0)
        case .pageDown, .end, .toBottom: list.select(list.links.count - 1)
        case .send:
            let mayOpen = list.isWarned || list.chosen.warnings.isEmpty || !preferences.opensLinks
            if mayOpen { return open(list.chosen) }
            list.isWarned = true
            notice = .suspiciousLink
        case .copy:
            overlay = nil
            return copy(list.chosen.address)
        case .escape, .links:
            overlay = nil
            return []
        case .interrupt, .quit, .redraw, .suspend, .reconnect, .help: return nil
        default:
            guard action == nil, key.modifiers.isDisjoint(with: [.control, .alt]) else { return [] }
            if key.latinLetter == "c" {
                overlay = nil
                return copy(list.chosen.address)
            }
            guard case .character(let character) = key.code, let number = character.wholeNumberValue, number > 0,
                number <= list.links.count
            else { return [] }
            list.select(number - 1)
        }
        overlay = .links(list)
        return []
    }

    private mutating func open(_ link: Link) -> [Effect] {
        overlay = nil
        return preferences.opensLinks ? [.openLink(link.address)] : copy(link.address)
    }
}
