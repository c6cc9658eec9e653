import ChatWire

/// What the user has written to somebody and not sent yet.
public struct Draft: Sendable, Hashable, ExpressibleByStringInterpolation {
    public var text: String
    /// What the text is about: what the user chose for it, or else what the conversation was about when they began to
    /// write. Nil if no product was known. A draft that is removed has none.
    public var product: Product?

    public init(_ text: String, product: Product? = nil) {
        self.text = text
        self.product = text.isEmpty ? nil : product
    }

    public init(stringLiteral text: String) { self.init(text) }

    public var isEmpty: Bool { text.isEmpty }

    /// Joins the drafts that several closed windows left in one conversation. Each was in the input line of its own
    /// window, so none of them replaces another: they become one draft, the oldest first, with a line break between
    /// them. It is about what the last one that names a product is about.
    ///
    /// - Parameter drafts: In the order of their last change. The same text counts once.
    public static func joined(_ drafts: [Draft]) -> Draft {
        var kept: [String] = []
        for draft in drafts {
            kept.removeAll { $0 == draft.text }
            kept.append(draft.text)
        }
        return Draft(kept.joined(separator: "\n"), product: drafts.last { $0.product != nil }?.product)
    }
}

extension Draft: CustomDebugStringConvertible {
    public var debugDescription: String { text.debugDescription + (product.map { " about \($0)" } ?? "") }
}
