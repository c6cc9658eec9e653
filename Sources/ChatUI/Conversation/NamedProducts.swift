import ChatWire

/// The products to choose from, as a text names them.
///
/// A number is the place in the list, and 0 is none. Anything else is `ID` and an id, which tell those apart that have
/// the same title; or a title as it is shown, which quotes tell from a number; or a part of the one title that has it.
struct NamedProducts {
    private let products: [Product]
    /// The labels as they are shown. The user sees nothing else of them.
    private let shown: [String]
    private var places: [String: Int] = [:]
    private var placesByID: [String: Int] = [:]

    init(_ products: [Product]) {
        self.products = products
        shown = products.map { $0.label?.displayed() ?? "" }
        for (index, product) in products.enumerated().reversed() {
            places[shown[index]] = index
            if let id = product.id { placesByID[Self.written(id)] = index }
        }
    }

    private static func written(_ id: String) -> String { UntrustedText("ID \(id)").displayed() }

    /// Nil if there is no such product, or if several have this part of a title.
    func choice(named text: String) -> Choices.Choice? {
        if let number = Int(text) {
            if number == 0 { return .product(nil) }
            if products.indices.contains(number - 1) { return .product(products[number - 1]) }
        }
        if let place = place(of: text) { return .product(products[place]) }
        let found = matching(text)
        return found.count == 1 ? .product(found[0]) : nil
    }

    /// Those whose title has the text.
    func matching(_ text: String) -> [Product] {
        guard let matcher = TextMatcher(text) else { return [] }
        return products.filter { $0.label.map(matcher.matches) ?? false }
    }

    private func place(of text: String) -> Int? {
        let text = UntrustedText(text).displayed()
        let quoted = NamedConversation.quoted(text).flatMap { $0.rest.isEmpty ? places[$0.name] : nil }
        return placesByID[text] ?? places[text] ?? quoted
    }

    /// Each product that a text can name: its title, and how it is written so that it is understood.
    var written: [(title: String, written: String)] {
        products.indices.compactMap { index in
            let title = shown[index]
            let texts =
                [title] + NamedConversation.inQuotes(title) + (products[index].id.map { [Self.written($0)] } ?? [])
            return texts.first { Int($0) == nil && MessageLimits.trimmed($0) == $0 && place(of: $0) == index }
                .map { (title, $0) }
        }
    }
}
