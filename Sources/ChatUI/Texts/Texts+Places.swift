import ChatWire

// Where things are that messages are about: files, and values that can be set in several ways.

extension Texts {
    /// A path, as a message shows it. A small window has room for its beginning and its end only.
    func shown(path: String) -> String {
        let whole = UntrustedText(path).displayed()
        guard let limit = pathLimit, whole.count > limit else { return whole }
        let beginning = limit / 3
        return whole.prefix(beginning) + "…" + whole.suffix(limit - beginning - 1)
    }
}

extension Texts {
    public var urlPlace: String { place(server.places.url, flag: "--url", variable: "CHAT_TUI_URL", key: "url") }
    var userPlace: String { place(server.places.user, flag: "--user", variable: "--user", key: "user") }
    var tokenPlace: String { place(server.places.token, flag: "--token", variable: "CHAT_TUI_TOKEN", key: "token") }

    private func place(_ place: ServerLabel.Place, flag: String, variable: String, key: String) -> String {
        switch place {
        case .flag: flag
        case .variable: variable
        case .file(let path):
            choose("\(key) в \(shown(path: Self.name(of: path)))", "\(key) in \(shown(path: Self.name(of: path)))")
        }
    }

    private static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
