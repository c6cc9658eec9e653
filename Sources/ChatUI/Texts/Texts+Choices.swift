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
    func footers(of kind: Choices.Kind, opensLinks: Bool) -> [String] {
        switch kind {
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
        case .resend: choose("Нет неотправленных сообщений", "Nothing to resend")
        case .takeBack:
            choose(
                "Вернуть можно только неотправленное, а такого нет",
                "Only a message that was not sent can be taken back, and there is none")
        case .discard:
            choose(
                "Удалить можно только неотправленное, а такого нет",
                "Only a message that was not sent can be deleted, and there is none")
        }
    }
}
