import ChatClient
import ChatWire
import GRDB

// The products that messages name.

extension StoreTransaction {
    /// Notes that a message of this time named a product; nil if its time is not known, but it is the newest.
    /// - Returns: the product with the title that is known for it.
    @discardableResult
    func named(_ product: Product, at time: Timestamp?, in conversation: Int64) throws -> Product {
        if product == Product() { return product }
        let column = product.id == nil ? "product_id IS NULL AND product_title" : "product_id"
        let key = product.id?.databaseText ?? product.title?.wire.databaseText
        let row = try row("SELECT * FROM products WHERE conversation = ? AND \(column) = ?", [conversation, key])
        let time = try time ?? newestName(in: conversation)
        guard let row, let known = try row.product() else {
            try insert(
                into: "products",
                [
                    "conversation": conversation, "product_id": product.id?.databaseText,
                    "product_title": product.title?.wire.databaseText, "named_at": time.microseconds,
                ])
            return product
        }
        let before = NamedProduct(known, at: Timestamp(microseconds: try row.integer("named_at")))
        var after = before
        after.named(product, at: time)
        if after != before {
            try run(
                "UPDATE products SET product_title = ?, named_at = ? WHERE seq = ?",
                [after.product.title?.wire.databaseText, after.namedAt.microseconds, try row.integer("seq")])
        }
        return after.product
    }

    private func newestName(in conversation: Int64) throws -> Timestamp {
        let newest = try row(
            "SELECT coalesce(max(named_at), 0) AS newest FROM products WHERE conversation = ?", [conversation])
        return Timestamp(microseconds: try newest?.integer("newest") ?? 0)
    }
}

extension StoredState {
    /// The products of a conversation, the one that was named last first.
    static func products(of conversation: Int64, _ database: Database) throws -> [Product] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT product_id, product_title FROM products WHERE conversation = ?
                    ORDER BY named_at DESC, seq DESC LIMIT \(maxProducts)
                    """),
            arguments: [conversation]
        ).compactMap { try $0.product() }
    }
}
