// The lists that the user chooses from, and what is wrong with the text after a command.

extension Texts {
    func title(of kind: Choices.Kind) -> String {
        switch kind {
        case .links: choose("Ссылки на экране", "Links on the screen")
        case .templates: choose("Шаблоны", "Templates")
        case .products: choose("О каком товаре следующие сообщения", "What the next messages are about")
        }
    }

    /// The keys of a list, from the longest to the shortest text; the first that fits is shown.
    ///
    /// - Parameter isSearching: Whether the user has typed something to search for. Esc clears it first.
    func footers(of kind: Choices.Kind, opensLinks: Bool, isSearching: Bool) -> [String] {
        switch kind {
        case .templates where isSearching:
            [choose("Enter — вставить, Esc — очистить поиск", "Enter inserts it, Esc clears the search")]
        case .products where isSearching:
            [choose("Enter — выбрать, Esc — очистить поиск", "Enter chooses, Esc clears the search")]
        case .links where opensLinks:
            [choose("↑/↓ или номер, Enter — открыть, c — копировать, Esc", "↑/↓ or number, Enter opens, c copies, Esc")]
        case .links:
            [choose("↑/↓ или номер, Enter — копировать, Esc — закрыть", "↑/↓ or number, Enter copies, Esc closes")]
        case .templates:
            [
                choose(
                    "Enter или номер — вставить в сообщение, буквы — искать, Esc — закрыть",
                    "Enter or the number inserts it into the message, type to search, Esc"),
                choose("Enter — вставить, Esc — закрыть", "Enter inserts it, Esc closes"),
            ]
        case .products:
            [
                choose(
                    "Enter или номер — выбрать, буквы — искать, Esc — закрыть",
                    "Enter or the number chooses, type to search, Esc closes"),
                choose("Enter или номер — выбрать, Esc", "Enter or the number chooses, Esc"),
            ]
        }
    }

    func misused(_ misuse: Notice.Misuse) -> String {
        switch misuse {
        case .date(let text): badDate(text)
        case .product(let text, let fitsSeveral): unknownProduct(text, fitsSeveral: fitsSeveral)
        case .userID:
            choose(
                "ID: от 1 до 128 символов, кроме управляющих", "An ID has 1 to 128 characters, no control characters")
        case .severalWords(let word):
            choose(
                "Беседы с ID «\(cut(word))» нет; ID с пробелами берите в кавычки",
                "No conversation with the ID “\(cut(word))”; put an ID with spaces in quotes")
        case .severalIDs(let short, let long):
            choose(
                "Есть беседы и с «\(cut(short))», и с «\(cut(long))»: возьмите ID в кавычки",
                "There are conversations with “\(cut(short))” and with “\(cut(long))”: put the ID in quotes")
        case .ownUserID: choose("Это вы сами: нужен ID собеседника", "That is you: enter another person's ID")
        }
    }

    private func cut(_ word: String) -> String { word.count > 20 ? word.prefix(19) + "…" : word }
}

extension Texts {
    func nothingFailed(_ use: Notice.UseOfFailed) -> String {
        switch use {
        case .resend: choose("Неотправленных сообщений нет", "There is no unsent message to resend")
        case .takeBack:
            choose(
                "Неотправленных сообщений нет, возвращать нечего", "There is no unsent message to take back")
        case .discard:
            choose(
                "Неотправленных сообщений нет, удалять нечего", "There is no unsent message to delete")
        }
    }
}
