import ChatWire

/// What the marketplace says about a product. Somebody wrote it who may mean no good, so nothing of it is trusted text.
public struct Listing: Sendable, Hashable {
    /// The product's id, as the user or a message named it.
    public var id: String
    public var title: UntrustedText?
    public var price: Price?
    public var seller: UserID?
    public var sellerName: UntrustedText?

    /// Without anything but the id: the marketplace has no such product, or this user may not see it.
    public init(
        id: String, title: UntrustedText? = nil, price: Price? = nil, seller: UserID? = nil,
        sellerName: UntrustedText? = nil
    ) {
        (self.id, self.title, self.price) = (id, title, price)
        (self.seller, self.sellerName) = (seller, sellerName)
    }

    public var isEmpty: Bool { self == Listing(id: id) }
}

/// A price in the marketplace's currency.
public struct Price: Sendable, Hashable {
    /// In hundredths of the currency's unit, not negative.
    public let hundredths: Int

    /// A thousand milliards. A number beyond that is nobody's price.
    public static let maxHundredths = 100_000_000_000_000

    /// Returns nil for a negative price, and for more than `maxHundredths`.
    public init?(hundredths: Int) {
        guard (0...Self.maxHundredths).contains(hundredths) else { return nil }
        self.hundredths = hundredths
    }

    /// Reads a decimal number such as `12500`, `12500.5` or `12500.00`. More than two decimals are cut off.
    /// - Returns: nil for anything else, such as an exponent.
    public init?(decimal text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }), parts[0].utf8.count <= 12,
            let units = Int(parts[0])
        else { return nil }
        let decimals = parts.count == 1 ? "" : parts[1].prefix(2)
        guard let rest = Int(decimals + String(repeating: "0", count: 2 - decimals.count)) else { return nil }
        self.init(hundredths: units * 100 + rest)
    }
}
