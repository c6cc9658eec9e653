import ChatWire

/// A product as the marketplace's table has it. Nothing of it is trusted text.
public struct ListedProduct: Sendable, Hashable {
    public var title: UntrustedText?
    /// The price as the table writes it, such as `79990` or `79990.50`.
    public var price: UntrustedText?
    public var seller: UserID?
    public var sellerName: UntrustedText?
    /// Nil if it was not asked for.
    public var id: String?

    public init(
        title: UntrustedText? = nil, price: UntrustedText? = nil, seller: UserID? = nil,
        sellerName: UntrustedText? = nil, id: String? = nil
    ) {
        (self.title, self.price, self.seller, self.sellerName) = (title, price, seller, sellerName)
        self.id = id
    }
}

extension ListedProduct: JSONDecodable {
    /// What cannot be read is left out.
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        id = (try? json.readIfPresent("id", as: ID.self))?.text
        title = (try? json.readIfPresent("title", as: UntrustedText.self)).flatMap { $0.isName ? $0 : nil }
        price = (try? json.readIfPresent("price", as: Price.self))?.text
        seller = (try? json.readIfPresent("seller_id", as: String.self)).flatMap { UserID($0) }
        let person = try? json.readIfPresent("users", as: Person.self)
        sellerName = person?.name.flatMap { $0.isName ? $0 : nil }
    }

    private struct ID: JSONDecodable {
        var text: String

        init(json: JSONValue) throws(WireCodec.Malformed) {
            if let number = json.number { text = number } else { text = try String(json: json) }
        }
    }

    /// PostgREST writes `numeric` as a number, and `text` as a string.
    private struct Price: JSONDecodable {
        var text: UntrustedText

        init(json: JSONValue) throws(WireCodec.Malformed) {
            let text: UntrustedText
            if let number = json.number { text = UntrustedText(number) } else { text = try UntrustedText(json: json) }
            guard text.isName, text.wire.unicodeScalars.count <= 32 else { throw .invalid("not a price") }
            self.text = text
        }
    }

    private struct Person: JSONDecodable {
        var name: UntrustedText?

        init(json: JSONValue) { name = try? json.readIfPresent("full_name", as: UntrustedText.self) }
    }
}
