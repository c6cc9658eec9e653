// The texts about products and quotations.

extension Texts {
    /// The choice of those who do not want to name a product.
    var noProduct: String { choose("не называть товар", "no product") }

    /// What the next message is about, if the conversation is about something else.
    func nextProduct(_ title: String) -> String {
        choose("дальше — \(productName(title))", "next: \(productName(title))")
    }

    /// - Parameter isForDraft: Whether it was chosen for what is in the input line, and not for what comes.
    func productChosen(_ title: String?, isForDraft: Bool = false) -> String {
        guard let title else {
            return choose("Следующие сообщения не называют товар", "The next messages name no product")
        }
        if isForDraft { return choose("Это сообщение — ", "This message: ") + product(title) }
        return choose("Следующие сообщения — ", "The next messages: ") + product(title)
    }

    var noProducts: String {
        choose("В этой беседе товары ещё не назывались", "No product has been named in this conversation yet")
    }

    /// - Parameter fitsSeveral: Whether the text is a part of more than one title.
    func unknownProduct(_ text: String, fitsSeveral: Bool) -> String {
        let text = quoted(text)
        return fitsSeveral
            ? choose(
                "Под \(text) подходит несколько товаров: выберите из списка, /product",
                "Several products match \(text): choose one from the list, /product")
            : choose("Нет товара \(text); список: /product", "No product \(text); /product lists them")
    }

    // MARK: - In lines

    /// A product in the list of `--plain`, with its number.
    func listed(_ title: String?, number: Int, isChosen: Bool) -> String {
        let label = title.map(productName) ?? noProduct
        return "\(number). \(label)" + (isChosen ? choose(" — выбрано", " (chosen)") : "")
    }

    var choosesProduct: String {
        choose("Выбрать для следующих сообщений: /product НОМЕР", "To choose for the next messages: /product NUMBER")
    }
}
