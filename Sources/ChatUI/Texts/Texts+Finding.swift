import ChatWire

// Search, links, selected messages and notifications.

extension Texts {
    var searchPrompt: String { choose("Поиск:", "Search:") }

    /// Which match one is at, and the keys that go on.
    func state(of search: Search, keys: KeyBindings) -> String {
        if search.isTyping {
            if search.matcher == nil { return choose("Enter — найти, Esc — закрыть", "Enter finds, Esc closes") }
            return search.hits.isEmpty
                ? choose("Здесь не найдено, Enter — искать везде", "Not found here, Enter looks everywhere")
                : place(search)
        }
        let query = "«\(search.query.text)»"
        return search.hits.isEmpty
            ? choose("\(query): не найдено", "\(query): not found")
            : "\(query): \(place(search)) · n/N · \(keys.name(of: .escape))"
    }

    private func place(_ search: Search) -> String {
        let place = search.place.map { "\($0 + 1)" } ?? "…"
        return choose("\(place) из \(search.hits.count)", "\(place) of \(search.hits.count)")
    }

    /// `20 ноября 2024, 14:02:33`
    func exactTime(_ time: CivilTime) -> String {
        "\(day(time, thisYear: nil)), \(time.hour.twoDigits):\(time.minute.twoDigits):\(time.second.twoDigits)"
    }

    func copies(key: String) -> String { choose("\(key) — копировать", "\(key) copies") }

    var linksTitle: String { choose("Ссылки на экране", "Links on the screen") }
    var linksFooter: String {
        choose("↑/↓ или номер, Enter — открыть, c — копировать, Esc", "↑/↓ or number, Enter opens, c copies, Esc")
    }
    var linksCopyFooter: String {
        choose("↑/↓ или номер, Enter — копировать, Esc — закрыть", "↑/↓ or number, Enter copies, Esc closes")
    }

    func warning(_ warning: Link.Warning) -> String {
        let careful = choose("! осторожно: ", "! careful: ")
        return switch warning {
        case .mixedScripts(let host):
            careful + choose("буквы разных алфавитов: \(host)", "mixed alphabets: \(host)")
        case .lookalike(let host):
            careful + choose("похожие буквы другого алфавита: \(host)", "lookalikes of another alphabet: \(host)")
        case .oddCharacters(let host):
            careful + choose("необычные знаки в адресе: \(host)", "unusual characters in the address: \(host)")
        case .punycode(let host, nil):
            careful + choose("настоящих букв адреса не видно: \(host)", "the address hides its letters: \(host)")
        case .punycode(_, let letters?):
            careful + choose("адрес читается как \(letters)", "the address reads as \(letters)")
        case .hidesHost(let host): careful + choose("на самом деле ведёт на \(host)", "really leads to \(host)")
        }
    }

    var suspiciousLink: String {
        choose("Осторожно с этой ссылкой! Enter ещё раз — открыть", "Careful with this link! Enter again opens it")
    }

    var newMessage: String { choose("новое сообщение", "new message") }
}
