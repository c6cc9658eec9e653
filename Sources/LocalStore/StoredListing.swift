import ChatClient
import ChatWire
import GRDB

/// What the marketplace said about a product, and when.
public struct StoredListing: Sendable, Hashable {
    public var listing: Listing
    /// By this machine's clock.
    public var fetchedAt: Timestamp

    public init(_ listing: Listing, fetchedAt: Timestamp) {
        self.listing = listing
        self.fetchedAt = fetchedAt
    }
}

extension LocalStore {
    /// The products of these ids that the marketplace has said something about.
    public func listings(of ids: [String]) throws(StoreFailure) -> [StoredListing] {
        try access { try queue.read { database in try ids.compactMap { try StoredListing.read($0, database) } } }
    }

    /// Keeps what the marketplace says, in place of what it said before. An empty listing removes the product: it is gone,
    /// or its owner does not show it any more.
    public func keep(_ listings: [StoredListing]) throws(StoreFailure) {
        try access {
            if listings.isEmpty { return }
            try queue.write { database in
                for stored in listings { try stored.store(in: database) }
                try StoredListing.forgetOldest(database)
            }
        }
    }
}

extension LocalHistory {
    /// What a window has stored about a product.
    public func listing(of id: String) throws(StoreFailure) -> StoredListing? {
        try read { try StoredListing.read(id, $0) }
    }
}

extension StoredListing {
    /// A peer may name another product with each message, so the oldest are forgotten.
    static let maxCount = 5000

    fileprivate static func read(_ id: String, _ database: Database) throws -> StoredListing? {
        let statement = try database.cachedStatement(sql: "SELECT * FROM listings WHERE product_id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id.databaseText]) else { return nil }
        let price: DatabaseValue = row["price"]
        return StoredListing(
            Listing(
                id: id, title: try row.optionalText("title").map { UntrustedText($0) },
                price: Int.fromDatabaseValue(price).flatMap { Price(hundredths: $0) },
                seller: try row.optionalText("seller_id").flatMap { UserID($0) },
                sellerName: try row.optionalText("seller_name").map { UntrustedText($0) }),
            fetchedAt: Timestamp(microseconds: try row.integer("fetched_at")))
    }

    fileprivate func store(in database: Database) throws {
        guard !listing.isEmpty else {
            return try database.execute(
                sql: "DELETE FROM listings WHERE product_id = ?", arguments: [listing.id.databaseText])
        }
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO listings (product_id, title, price, seller_id, seller_name, fetched_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                listing.id.databaseText, listing.title?.wire.databaseText, listing.price?.hundredths,
                listing.seller?.wire.databaseText, listing.sellerName?.wire.databaseText, fetchedAt.microseconds,
            ])
    }

    fileprivate static func forgetOldest(_ database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM listings WHERE product_id IN (
                    SELECT product_id FROM listings ORDER BY fetched_at DESC LIMIT -1 OFFSET ?)
                """,
            arguments: [maxCount])
    }
}
