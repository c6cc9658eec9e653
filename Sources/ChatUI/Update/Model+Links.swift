/// The list of links.
extension Model {
    /// Opens or copies a link. One that looks deceptive is opened by the second Enter; the first one only warns.
    mutating func open(_ link: Link, after earlier: Notice?) -> [Effect] {
        guard preferences.opensLinks else { return copy(link) }
        guard link.warnings.isEmpty || earlier == .suspiciousLink(link) else {
            app.notice = .suspiciousLink(link)
            return []
        }
        app.overlay = nil
        return [.openLink(link.address)]
    }

    mutating func copyLink(of list: Choices) -> [Effect] {
        guard case .address(let link) = list.chosen else { return [] }
        return copy(link)
    }

    private mutating func copy(_ link: Link) -> [Effect] {
        app.overlay = nil
        return [.copy(link.address)]
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
        guard let list = Choices(links: links) else {
            app.notice = .noLinks
            return
        }
        app.overlay = .choices(list)
    }
}
