/// What a conversation is about.
public struct Product: Sendable, Hashable {
    public var id: String?
    public var title: UntrustedText?

    public init(id: String? = nil, title: UntrustedText? = nil) {
        self.id = id
        self.title = title
    }
}

extension Product {
    /// Whether the two are kept as one product: they have the same id, or neither has one and the titles are the
    /// same. Ids are compared byte for byte.
    package func isKept(as other: Product) -> Bool {
        guard let id, let other = other.id else { return id == nil && other.id == nil && title == other.title }
        return UntrustedText(id) == UntrustedText(other)
    }

    /// What a message is about that is told a second time: what was missing is added, and nothing is replaced.
    package static func completed(_ known: Product?, with other: Product?) -> Product? {
        guard var known else { return other }
        if let other, known.title == nil, known.isKept(as: other) { known.title = other.title }
        return known
    }
}

/// On the wire a product is not an object but two members of the event that names it.
extension Product {
    /// Nil if both members are missing.
    init?(besideMembersOf json: JSONValue) throws(WireCodec.Malformed) {
        id = try json.readIfPresent(.productID)
        title = try json.readIfPresent(.productTitle)
        if id == nil && title == nil { return nil }
    }

    func encodeMembers(to json: inout JSONWriter) {
        json.member(.productID, ifPresent: id)
        json.member(.productTitle, ifPresent: title)
    }
}
