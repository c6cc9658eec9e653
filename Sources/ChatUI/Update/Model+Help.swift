/// The keys that scroll the help while it is open.
extension Model {
    /// Handles a key if it scrolls or closes the help. False if it does not.
    mutating func scrollHelp(from top: Int, _ key: Key, _ action: Action?, in environment: Environment) -> Bool {
        let help = Frame(self, in: environment).help
        switch action {
        case .rowUp: scrollHelp(help, to: top - 1)
        case .rowDown: scrollHelp(help, to: top + 1)
        case .pageUp: scrollHelp(help, to: top - help.page)
        case .pageDown: scrollHelp(help, to: top + help.page)
        case .home, .toTop: scrollHelp(help, to: 0)
        case .end, .toBottom: scrollHelp(help, to: help.maxTop)
        case nil:
            // Pagers end with q, in whatever layout.
            if key.typed != nil, key.latinLetter == "q" {
                app.closeOverlay()
                return true
            }
            guard key == Key(.character(" ")) else { return false }
            // Space scrolls on as in a pager, and closes the help at its end.
            if top >= help.maxTop { app.closeOverlay() } else { scrollHelp(help, to: top + help.page) }
        // Nothing that the help covers is sent or changed.
        case .send: app.closeOverlay()
        case .newLine, .edit, .complete, .editExternally, .deleteOrQuit, .forward, .selectOlder, .selectNewer,
            .conversation, .list:
            break
        case .escape, .program: return false
        }
        return true
    }

    /// Scrolls by three rows per notch.
    mutating func scrollHelp(from top: Int, notches: Int, in environment: Environment) {
        scrollHelp(Frame(self, in: environment).help, to: top + 3 * notches)
    }

    private mutating func scrollHelp(_ help: Help, to top: Int) {
        app.overlay = .help(top: max(0, min(top, help.maxTop)))
    }
}
