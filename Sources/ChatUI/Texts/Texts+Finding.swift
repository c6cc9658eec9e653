import ChatWire
import Formats

// Search, links, selected messages and notifications.

extension Texts {
    var searchPrompt: String { choose("Поиск:", "Search:") }

    /// Which match is shown, and the keys for the next ones.
    func state(of search: Search, loadKey: String?, keys: KeyBindings) -> String {
        if search.isTyping {
            if search.matcher == nil { return choose("Enter — найти, Esc — закрыть", "Enter finds, Esc closes") }
            return search.hits.isEmpty
                ? choose(
                    "Здесь не найдено; Enter — искать во всей беседе на этом компьютере",
                    "Not found here; Enter searches the whole conversation on this machine")
                : place(search)
        }
        let query = search.query.text
        if search.hits.isEmpty { return search.isWhole == nil ? searching(query) : notFound(query, loadKey: loadKey) }
        return "\(quoted(query)): \(place(search)) · ↑/↓ · \(keys.name(of: .escape))"
    }

    private func searching(_ query: String) -> String { choose("Ищем: ", "Searching for ") + quoted(query) }

    /// `loadKey` is the key that loads the messages that only the server has; nil if there are none.
    func notFound(_ query: String, loadKey: String?) -> String {
        guard let loadKey else { return choose("Не найдено: ", "Not found: ") + quoted(query) }
        return choose("Не найдено на этом компьютере: ", "Not found on this machine: ") + quoted(query) + ". "
            + olderOnServer(loadKey: loadKey)
    }

    func noOlderMatch(loadKey: String?) -> String {
        choose("Выше совпадений нет", "No match above")
            + (loadKey.map { ". " + olderOnServer(loadKey: $0) } ?? "")
    }

    private func olderOnServer(loadKey: String) -> String {
        choose(
            "Более ранние — на сервере, \(loadKey) — загрузить",
            "Older messages are on the server, \(loadKey) loads them")
    }

    var finderTitle: String { choose("Поиск во всех беседах", "Search in all conversations") }
    var finderPrompt: String { choose("Искать:", "Search for:") }
    var finderHelp: String {
        choose(
            "Ищет в сообщениях, которые есть на этом компьютере. Слова можно не дописывать, порядок и регистр не важны.",
            "Searches the messages that this machine has. Type words, or how they begin; order and case do not matter.")
    }

    func foundMessages(_ count: Int, hasMore: Bool) -> String {
        hasMore ? choose("больше \(count)", "more than \(count)") : choose("найдено: \(count)", "\(count) found")
    }

    /// What could not be searched, or else the keys.
    func state(of finder: Finder, keys: KeyBindings) -> String {
        let escape = keys.name(of: .escape)
        if let problem = finder.problem, !finder.found.isEmpty {
            return historyUnavailable(.unreadable(problem))
        }
        if finder.words != nil, finder.unindexed > 0 {
            let count = counted(
                finder.unindexed, ("сообщение", "сообщения", "сообщений"), ("message", "messages"))
            return choose(
                "старая история ещё готовится к поиску: \(count)", "older history is being prepared: \(count)")
        }
        if finder.words != nil, finder.incomplete > 0 {
            let count = counted(
                finder.incomplete, ("беседа", "беседы", "бесед"), ("conversation", "conversations"))
            return choose("история загружена не вся: \(count)", "history not loaded yet: \(count)")
        }
        if finder.found.isEmpty { return choose("\(escape) — закрыть", "\(escape) closes") }
        return choose("↑/↓, Enter — открыть, \(escape) — закрыть", "↑/↓, Enter opens, \(escape) closes")
    }

    /// The words that `/date` understands, and how many days ago they are.
    static let daysAgo = ["сегодня": 0, "today": 0, "вчера": 1, "yesterday": 1, "позавчера": 2]

    /// Those that Tab completes.
    var daysToComplete: [String] {
        switch language {
        case .russian: ["сегодня", "вчера", "позавчера"]
        case .english: ["today", "yesterday"]
        }
    }

    /// The day of `/date` has no messages.
    func emptyDay(
        _ asked: CivilTime, _ instead: Notice.DayInstead, thisYear: Int, missing: Notice.Missing?
    ) -> String {
        func name(_ day: CivilTime) -> String { self.day(day, thisYear: thisYear) }
        if let missing {
            let none = choose("Сообщений за \(name(asked)) здесь нет", "No messages on \(name(asked)) here")
            return none + nearest(instead, name) + "; " + self.missing(missing)
        }
        if instead == .noMessages {
            return choose("В этой беседе ещё нет сообщений", "There are no messages in this conversation yet")
        }
        return choose("Сообщений за \(name(asked)) нет", "No messages on \(name(asked))") + nearest(instead, name)
    }

    private func nearest(_ instead: Notice.DayInstead, _ name: (CivilTime) -> String) -> String {
        switch instead {
        case .next(let day): choose(", следующие — \(name(day))", "; the next are of \(name(day))")
        case .first(let day):
            choose(", беседа началась \(name(day))", "; the conversation began on \(name(day))")
        case .last(let day): choose(", последние — \(name(day))", "; the last are of \(name(day))")
        case .noMessages: ""
        }
    }

    private func missing(_ missing: Notice.Missing) -> String {
        switch missing {
        case .offline: openGap
        case .loading: choose("история ещё загружается", "the history is still loading")
        case .notLoaded: hole
        case .unknown: pastUnknown
        }
    }

    func badDate(_ text: String) -> String {
        let examples = choose(
            "/date 12.11, /date 12.11.2025, /date вчера", "/date 12 Nov, /date 2025-11-12, /date yesterday")
        if text.isEmpty { return choose("Напишите дату: ", "Give a date: ") + examples }
        return choose("Не похоже на дату: ", "Not a date: ") + quoted(text) + ". " + choose("Например: ", "Examples: ")
            + examples
    }

    func backToResults(key: String) -> String { choose("\(key) — к результатам поиска", "\(key): back to the results") }

    private func place(_ search: Search) -> String {
        let place = search.place.map { "\($0 + 1)" } ?? "…"
        return choose("\(place) из \(search.hits.count)", "\(place) of \(search.hits.count)")
    }

    /// Such as `20 ноября 2024, 14:02:33`.
    func exactTime(_ time: CivilTime) -> String {
        "\(day(time, thisYear: nil)), \(time.hour.twoDigits):\(time.minute.twoDigits):\(time.second.twoDigits)"
    }

    func copies(key: String, quotes quoteKey: String) -> String {
        choose("\(key) — копировать, \(quoteKey) — цитировать", "\(key) copies, \(quoteKey) quotes")
    }

    func warning(_ warning: Link.Warning) -> String {
        let careful = choose("! осторожно: ", "! careful: ")
        return switch warning {
        case .mixedScripts(let host):
            careful + choose("буквы разных алфавитов: \(host)", "mixed alphabets: \(host)")
        case .homograph(let host):
            careful
                + choose("похожие буквы другого алфавита: \(host)", "lookalike letters of another alphabet: \(host)")
        case .suspiciousCharacters(let host):
            careful + choose("необычные знаки в адресе: \(host)", "unusual characters in the address: \(host)")
        case .punycode(let host, nil):
            careful + choose("буквы адреса скрыты: \(host)", "the address hides its letters: \(host)")
        case .punycode(_, let letters?):
            careful + choose("адрес читается как \(letters)", "the address reads as \(letters)")
        case .userInfoBeforeHost(let host):
            careful + choose("на самом деле ведёт на \(host)", "really leads to \(host)")
        }
    }

    var suspiciousLink: String {
        choose("Осторожно с этой ссылкой! Enter ещё раз — открыть", "Careful with this link! Enter again to open it")
    }

    var newMessage: String { choose("новое сообщение", "new message") }
}
