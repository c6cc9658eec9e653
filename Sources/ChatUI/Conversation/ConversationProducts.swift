import ChatWire

/// The products of a conversation, and the one that was chosen for what is written next.
struct ConversationProducts: Sendable {
    /// What the next drafts of this window are about. Nil: what the conversation is about.
    var chosen: Product?
    /// What the store or the server says that the conversation is about.
    private var last: Product?
    /// The products that were named most recently, fewer than twice `maxChoices`.
    private(set) var known: [Key: Known] = [:]

    /// The maximum number of products in the list, the chosen one apart. A peer can name another one with each message.
    static let maxChoices = 200

    /// Equal for products that are kept as one.
    struct Key: Hashable {
        private let id: UntrustedText?
        private let title: UntrustedText?

        init(_ product: Product) {
            id = product.id.map { UntrustedText($0) }
            title = id == nil ? product.title : nil
        }
    }

    struct Known {
        var product: Product
        /// Higher for products that were named later.
        var order: Int
    }

    private var newestOrder = 0
    private var oldestOrder = 0

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
    /// - Parameter isNewest: Whether it was named after all others, and its title replaces the one that is known for its
    ///   id.
    mutating func note(_ product: Product, isNewest: Bool = true) {
        let key = Key(product)
        if isNewest { newestOrder += 1 } else { oldestOrder -= 1 }
        if var entry = known[key] {
            if isNewest { entry.order = newestOrder }
            if let title = product.title, isNewest || entry.product.title == nil { entry.product.title = title }
            known[key] = entry
        } else {
            known[key] = Known(product: product, order: isNewest ? newestOrder : oldestOrder)
            dropOldest()
        }
    }

    /// The marketplace gives the title of the products with this id.
    mutating func note(title: UntrustedText, of id: String) {
        let key = Key(Product(id: id))
        known[key]?.product.title = title
        if chosen.map({ Key($0) }) == key { chosen?.title = title }
        if last.map({ Key($0) }) == key { last?.title = title }
    }

    /// The products whose title nobody has named.
    var untitled: [Product] { known.values.map(\.product).filter { $0.title == nil } }

    /// Drops half of the products at once, so that a message costs little.
    private mutating func dropOldest() {
        guard known.count == 2 * Self.maxChoices else { return }
        let chosen = chosen.map { Key($0) }
        let oldest = known.sorted { $0.value.order < $1.value.order }.prefix(Self.maxChoices)
        for (key, _) in oldest where key != chosen { known[key] = nil }
    }

    /// The product with the title that is known for it, if it was named by its id alone.
    func titled(_ product: Product) -> Product {
        guard product.title == nil else { return product }
        return known[Key(product)]?.product ?? product
    }

    /// What those messages are understood to be about that name nothing and arrive next.
    func newestStored(in transcript: Transcript) -> Product? {
        (transcript.stored.last { $0.product != nil }?.product ?? last).map(titled)
    }

    /// The product of the newest message that named one.
    func newest(in transcript: Transcript) -> Product? { (transcript.newestProduct ?? last).map(titled) }

    /// The products to choose from: those of the messages in memory, the newest first, then the others. The chosen one
    /// and that of the draft are always among them.
    func choices(in transcript: Transcript, and draft: Product? = nil) -> [Product] {
        var choices = Noted()
        for index in stride(from: transcript.count - 1, through: 0, by: -1) where choices.hasRoom {
            transcript.product(at: index).map { choices.add(titled($0)) }
        }
        let others = known.values.sorted { $0.order > $1.order }
        for other in others where choices.hasRoom { choices.add(other.product) }
        for own in [chosen, draft].compactMap(\.self) { choices.add(titled(own)) }
        return choices.products
    }
}

/// Products to choose from, of which no two are the same.
private struct Noted {
    private(set) var products: [Product] = []
    private var ids: Set<UntrustedText> = []
    private var labels: Set<UntrustedText?> = []
    private var labelsWithoutID: Set<UntrustedText?> = []

    var hasRoom: Bool { products.count < ConversationProducts.maxChoices }

    /// Adds a product unless one of those here `isSame`.
    mutating func add(_ product: Product) {
        let label = product.label
        if let id = product.id.map({ UntrustedText($0) }) {
            guard !labelsWithoutID.contains(label), ids.insert(id).inserted else { return }
        } else {
            guard !labels.contains(label) else { return }
            labelsWithoutID.insert(label)
        }
        labels.insert(label)
        products.append(product)
    }
}

extension ConversationState {
    /// A page of the history names these products. Newer messages may have named other titles.
    mutating func noteProducts(of page: [Message]) {
        for product in page.reversed().compactMap(\.product) { products.note(product, isNewest: false) }
    }

    /// The product that begins with a message: the message names another one than the last message before it that named
    /// one. Messages that name none do not end what was talked about, because many senders never name one.
    func productBeginning(at index: Int) -> Product? {
        guard let product = transcript.product(at: index).map(products.titled) else { return nil }
        for before in stride(from: index - 1, through: 0, by: -1) {
            guard let earlier = transcript.product(at: before).map(products.titled) else { continue }
            return earlier.isSame(as: product) ? nil : product
        }
        return product
    }

    /// What a draft is about that begins now.
    var productToBegin: Product? { products.chosen ?? newestProduct }

    /// What the header shows: what the draft is about.
    ///
    /// - Parameter draft: The product of the draft. Nil if there is none.
    func subject(of draft: Product?) -> Product? { (draft ?? productToBegin).map(products.titled) }

    /// What a message names that is about this: nothing, if that is what the reader understands anyway.
    func named(_ product: Product?) -> Product? {
        guard let product, products.chosen?.isSame(as: product) != true else { return product }
        // What has failed does not come before it, and what is missing may be about something else.
        let onItsWay = transcript.pending.filter { $0.status == .waiting }.map(\.product) + unsaved.map(\.product)
        let before = onItsWay.compactMap(\.self).last ?? products.newestStored(in: transcript)
        return isCaughtUp && before?.isSame(as: product) == true ? nil : product
    }

    var newestProduct: Product? {
        unsaved.last { $0.product != nil }?.product.map(products.titled) ?? products.newest(in: transcript)
    }

    /// What the draft is about, if the conversation has got to another product meanwhile.
    func nextProduct(of draft: Product?) -> Product? {
        guard let subject = subject(of: draft), let newestProduct else { return nil }
        return subject.isSame(as: newestProduct) ? nil : subject
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
