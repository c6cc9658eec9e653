import ChatWire

/// The products of a conversation, and the one that the next messages are about.
struct ConversationProducts: Sendable {
    /// What the next messages of this window are about. Nil: they name no product.
    var chosen: Product?
    /// What the store or the server says that the conversation is about.
    private var last: Product?
    /// The products that were named, each once.
    private(set) var known: [Product] = []

    init(chosen: Product? = nil, last: Product? = nil) {
        self.chosen = chosen
        self.last = last
        for product in [last, chosen].compactMap(\.self) { note(product) }
    }

    /// The store or the server named the product of the conversation.
    mutating func isAbout(_ product: Product) {
        last = product
        note(product)
    }

    /// A product was named.
    ///
    /// - Parameter isNewest: Whether its title replaces the one that is known for its id.
    mutating func note(_ product: Product, isNewest: Bool = true) {
        guard let index = known.firstIndex(where: { $0.isKept(as: product) }) else { return known.append(product) }
        if let title = product.title, isNewest || known[index].title == nil { known[index].title = title }
    }

    /// The product with the title that is known for its id, if it was named by its id alone.
    func titled(_ product: Product) -> Product {
        guard product.title == nil else { return product }
        return known.first { $0.isKept(as: product) } ?? product
    }

    /// The product of the newest message that named one.
    func newest(in transcript: Transcript) -> Product? { (transcript.newestProduct ?? last).map(titled) }

    /// The products to choose from: those of the messages in memory, the newest first, then the others.
    func choices(in transcript: Transcript) -> [Product] {
        var choices: [Product] = []
        func add(_ product: Product) {
            let product = titled(product)
            if !choices.contains(where: { $0.isSame(as: product) }) { choices.append(product) }
        }
        for index in stride(from: transcript.count - 1, through: 0, by: -1) { transcript.product(at: index).map(add) }
        for product in known { add(product) }
        return choices
    }
}

extension ConversationState {
    /// A page of the history names these products. Newer messages may have named other titles.
    mutating func noteProducts(of page: [Message]) {
        for product in page.reversed().compactMap(\.product) { products.note(product, isNewest: false) }
    }

    /// The product that begins with a message: the message names another one than the last message before it that named
    /// one. Messages that name none are about neither, so they do not end what was talked about.
    func productBeginning(at index: Int) -> Product? {
        guard let product = transcript.product(at: index).map(products.titled) else { return nil }
        for before in stride(from: index - 1, through: 0, by: -1) {
            guard let earlier = transcript.product(at: before).map(products.titled) else { continue }
            return earlier.isSame(as: product) ? nil : product
        }
        return product
    }

    /// What the header shows: the product that the user chose for the next messages, or else that of the newest message
    /// that named one.
    var subject: Product? { products.chosen.map(products.titled) ?? newestProduct }

    var newestProduct: Product? { products.newest(in: transcript) }

    /// The product of the next message, if the conversation has got to another one meanwhile.
    var nextProduct: Product? {
        guard let chosen = products.chosen.map(products.titled), let newestProduct else { return nil }
        return chosen.isSame(as: newestProduct) ? nil : chosen
    }
}

extension Product {
    /// How the product is called: its title, or its id as long as nobody named the title. Nil if there is nothing to
    /// see.
    var label: UntrustedText? {
        if let title, title.isVisible { return title }
        return id.map { UntrustedText("ID \($0)") }
    }

    /// Whether a reader takes the two for the same product. One of them may lack the id.
    func isSame(as other: Product) -> Bool {
        id != nil && other.id != nil ? isKept(as: other) : label == other.label
    }
}

extension Transcript {
    func product(at index: Int) -> Product? {
        index < stored.count ? stored[index].product : pending[index - stored.count].product
    }

    var newestProduct: Product? {
        pending.last { $0.product != nil }?.product ?? stored.last { $0.product != nil }?.product
    }
}
