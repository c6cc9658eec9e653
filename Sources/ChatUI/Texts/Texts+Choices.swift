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
                    "Enter или номер — вставить в сообщение, Esc — закрыть",
                    "Enter or the number inserts it into the message, Esc closes"),
                choose("Enter — вставить, Esc — закрыть", "Enter inserts it, Esc closes"),
            ]
        case .products: [choose("Enter или номер — выбрать, Esc", "Enter or the number chooses, Esc")]
        }
    }

    func misused(_ misuse: Notice.Misuse) -> String {
        switch misuse {
        case .date(let text): badDate(text)
        case .product(let text): unknownProduct(text)
        case .userID:
            choose(
                "ID: от 1 до 128 символов, кроме управляющих", "An ID has 1 to 128 characters, no control characters")
        case .ownUserID: choose("Это вы сами: нужен ID собеседника", "That is you: enter another person's ID")
        }
    }
}
