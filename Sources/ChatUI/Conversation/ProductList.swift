import ChatWire

/// The products that the user can choose from for the next messages, and the choice of none.
struct ProductList: Sendable, Equatable {
    /// With the titles that are known for them, the newest first.
    let products: [Product]
    /// The number of products stands for none.
    private(set) var selected: Int

    /// Nil if there are no products.
    init?(_ products: [Product], selecting product: Product?) {
        guard !products.isEmpty else { return nil }
        self.products = products
        let place = product.flatMap { product in products.firstIndex { $0.isSame(as: product) } }
        selected = place ?? (product == nil ? products.count : 0)
    }

    /// Nil for none.
    var choice: Product? { selected < products.count ? products[selected] : nil }

    mutating func move(by distance: Int) { select(selected + distance) }

    mutating func select(_ index: Int) { selected = max(0, min(products.count, index)) }

    /// The index that a text stands for: 0 is none, other numbers count from 1, and anything else is a part of the one
    /// title that has it. Nil if there is no such product, or if several have it.
    func index(of text: String) -> Int? {
        if let number = Int(text) {
            if number == 0 { return products.count }
            if products.indices.contains(number - 1) { return number - 1 }
        }
        if let same = products.firstIndex(where: { $0.label == UntrustedText(text) }) { return same }
        guard let matcher = TextMatcher(text) else { return nil }
        let found = products.indices.filter { products[$0].label.map(matcher.matches) ?? false }
        return found.count == 1 ? found[0] : nil
    }
}
