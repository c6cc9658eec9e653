import ChatWire

/// A list over the conversation that the user chooses from: links, templates or products.
struct Choices: Sendable, Equatable {
    enum Choice: Sendable, Equatable {
        case address(Link)
        case template(Template)
        /// Nil for no product.
        case product(Product?)
    }

    enum Kind: Sendable {
        case links, templates, products
    }

    let kind: Kind
    /// Not empty.
    let all: [Choice]
    /// What the user types to find a choice.
    private(set) var query = LineEditor()
    /// The choices that the query finds.
    private(set) var shown: [Choice]
    /// The index in `shown`.
    private(set) var selected: Int

    private init(_ kind: Kind, _ all: [Choice], selected: Int) {
        (self.kind, self.all, shown, self.selected) = (kind, all, all, selected)
    }

    /// Selects the last link, which is the newest. Nil if there are no links.
    init?(links: [Link]) {
        if links.isEmpty { return nil }
        self.init(.links, links.map(Choice.address), selected: links.count - 1)
    }

    /// Nil if there are no templates.
    init?(templates: [Template]) {
        if templates.isEmpty { return nil }
        self.init(.templates, templates.map(Choice.template), selected: 0)
    }

    /// The products and the choice of none, which is the last one. Nil if there are no products.
    ///
    /// - Parameter chosen: What is selected at first. Nil for none.
    init?(products: [Product], selecting chosen: Product?) {
        if products.isEmpty { return nil }
        let place = chosen.map { products.place(of: $0) ?? 0 }
        self.init(.products, products.map(Choice.product) + [.product(nil)], selected: place ?? products.count)
    }

    /// Nil if the query finds nothing.
    var chosen: Choice? { shown.indices.contains(selected) ? shown[selected] : nil }

    /// The key that opened the list closes it, too.
    var opener: Action.InConversation {
        switch kind {
        case .links: .links
        case .templates: .templates
        case .products: .product
        }
    }

    /// In a list of links a letter copies.
    var isSearchable: Bool { kind != .links }

    /// The number beside a choice. Nil for those that no digit chooses; links are counted all the same. Digits are a part
    /// of the query once it is begun.
    func number(of index: Int) -> Int? {
        guard query.isEmpty else { return nil }
        if shown[index] == .product(nil) { return 0 }
        return index < 9 || kind == .links ? index + 1 : nil
    }

    /// The choice of a digit.
    func index(of number: Int) -> Int? {
        guard query.isEmpty else { return nil }
        if number == 0 { return kind == .products ? all.count - 1 : nil }
        return all.indices.contains(number - 1) && all[number - 1] != .product(nil) ? number - 1 : nil
    }

    mutating func select(_ index: Int) { selected = max(0, min(index, shown.count - 1)) }
    mutating func move(by distance: Int) { select(selected + distance) }

    /// Changes the query. What was selected stays selected if the query finds it.
    mutating func search(_ change: (inout LineEditor) -> Void) {
        let earlier = chosen
        change(&query)
        let filter = InboxFilter(query.text)
        shown = filter?.matching(of: all) { InboxFilter.searchable($0.searchedText) } ?? all
        selected = earlier.flatMap(shown.firstIndex(of:)) ?? 0
    }
}

extension Choices.Choice {
    /// What a query looks for. Empty for no product, which is chosen by its digit.
    fileprivate var searchedText: String {
        switch self {
        case .address(let link): link.address
        case .template(let template): UntrustedText("\(template.name)\n\(template.text)").displayed()
        case .product(let product): product?.label?.displayed() ?? ""
        }
    }
}

extension [Product] {
    func place(of product: Product) -> Int? { firstIndex { $0.isSame(as: product) } }
}
