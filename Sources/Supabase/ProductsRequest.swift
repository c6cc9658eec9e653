import ChatWire
import Formats

/// What a marketplace's table of products has, beside id, title and seller. It is known once the table was asked.
public struct ProductColumns: Sendable, Hashable {
    /// Whether there is a column `price`.
    public var hasPrice = true
    /// Whether `seller_id` refers to a table `users` with a column `full_name`.
    public var hasPeople = true

    public init() {}

    /// What is left if PostgREST does not know a column (PostgreSQL's 42703) or a relation (PGRST200, PGRST201).
    /// - Returns: nil if the failure is about something else.
    public func without(_ failure: AuthFailure) -> ProductColumns? {
        guard case .other(let code, let message) = failure else { return nil }
        var columns = self
        switch code.wire {
        case "42703" where hasPrice && message.wire.contains("price"): columns.hasPrice = false
        case "42703" where hasPeople, "PGRST200" where hasPeople, "PGRST201" where hasPeople:
            columns.hasPeople = false
        default: return nil
        }
        return columns
    }

    fileprivate var select: String {
        "title,\(hasPrice ? "price," : "")seller_id\(hasPeople ? ",users(full_name,avatar_url)" : "")"
    }
}

extension ServiceRequest where Answer == [ListedProduct] {
    /// Asks for products, as the marketplace's web client does for one. Row-level security decides which of them the
    /// user may read.
    /// - Parameters:
    ///   - ids: At least one, all of a kind: PostgreSQL refuses the whole request for one that is no UUID.
    ///   - accessToken: The user's own token.
    public static func products(_ ids: [String], _ columns: ProductColumns, accessToken: String) -> Self {
        let isOne = ids.count == 1
        return Self(
            .get, "/rest/v1/products",
            query: [
                ("id", isOne ? "eq.\(ids[0])" : "in.(\(ids.map(ProductList.quoted).joined(separator: ",")))"),
                ("select", (isOne ? "" : "id,") + columns.select), ("limit", "\(ids.count)"),
            ],
            accessToken: accessToken, maxAnswerBytes: min(64 * ids.count, 512) << 10
        ) { response throws(AuthFailure) in
            var products = try response.decoded([ListedProduct].self)
            if isOne, products.count == 1, products[0].id == nil { products[0].id = ids[0] }
            return products
        }
    }
}

/// The ids of products in a request.
public enum ProductList {
    /// A kind of ids. A table has ids of one kind.
    public enum Kind: Sendable, Hashable {
        case uuid
        case number
        case text
    }

    /// In bytes, as long as a user's id may be.
    static let maxBytes = 512

    /// Returns nil for an id that no table can have.
    public static func kind(of id: String) -> Kind? {
        let bytes = id.utf8
        if bytes.isEmpty || bytes.count > maxBytes || bytes.contains(0) { return nil }
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        if bytes.count <= 18, bytes.allSatisfy(isDigit) { return .number }
        let isUUID =
            bytes.count == 36
            && bytes.enumerated().allSatisfy { index, byte in
                [8, 13, 18, 23].contains(index)
                    ? byte == UInt8(ascii: "-") : isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
            }
        return isUUID ? .uuid : .text
    }

    /// The ids that the answer has for those that were asked for. A UUID comes back in lower case.
    public static func isSame(_ answered: String, _ asked: String) -> Bool {
        if UntrustedText(answered) == UntrustedText(asked) { return true }
        return kind(of: asked) == .uuid && answered.utf8.elementsEqual(asked.lowercased().utf8)
    }

    /// A value of PostgREST's list `in.(…)`: quoted where it has a character that means something there.
    static func quoted(_ id: String) -> String {
        let isPlain = id.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "_")
        }
        if isPlain { return id }
        return "\"\(id.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
