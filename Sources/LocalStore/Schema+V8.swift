extension Schema {
    /// `listings`: what the marketplace said about products, as `Listing`. `price` is in hundredths, and `fetched_at` in
    /// microseconds since 1970 in UTC.
    static let v8 = """
        CREATE TABLE listings (
            product_id ANY PRIMARY KEY NOT NULL,
            title ANY,
            price INTEGER,
            seller_id ANY,
            seller_name ANY,
            fetched_at INTEGER NOT NULL
        ) STRICT;

        CREATE INDEX listings_by_time ON listings (fetched_at);
        """
}
