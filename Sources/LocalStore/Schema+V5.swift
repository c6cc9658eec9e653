extension Schema {
    /// `products`: what the messages of a conversation were about, as `NamedProduct`. One that was named with an id has
    /// one row for the id; otherwise it has one for the title. `named_at` is in microseconds since 1970 in UTC.
    static let v5 = """
        CREATE TABLE products (
            seq INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL,
            product_id ANY,
            product_title ANY,
            named_at INTEGER NOT NULL
        ) STRICT;

        INSERT INTO products (conversation, product_id, product_title, named_at)
        SELECT conversation, product_id, titled, named_at
        FROM (
            SELECT conversation, product_id, max(created_at) AS named_at FROM messages
            WHERE product_id IS NOT NULL GROUP BY conversation, product_id
        ) LEFT JOIN (
            SELECT conversation, product_id, product_title AS titled, max(created_at) AS titled_at FROM messages
            WHERE product_id IS NOT NULL AND product_title IS NOT NULL GROUP BY conversation, product_id
        ) USING (conversation, product_id)
        UNION ALL
        SELECT conversation, NULL, product_title, max(created_at) FROM messages
        WHERE product_id IS NULL AND product_title IS NOT NULL GROUP BY conversation, product_title
        ORDER BY named_at;

        CREATE UNIQUE INDEX products_by_id ON products (conversation, product_id) WHERE product_id IS NOT NULL;
        CREATE UNIQUE INDEX products_by_title ON products (conversation, product_title) WHERE product_id IS NULL;
        CREATE INDEX products_by_time ON products (conversation, named_at);

        INSERT INTO products (conversation, product_id, product_title, named_at)
        SELECT id, product_id, product_title, 0 FROM conversations WHERE product_id IS NOT NULL
        ON CONFLICT (conversation, product_id) WHERE product_id IS NOT NULL
            DO UPDATE SET product_title = coalesce(product_title, excluded.product_title);
        UPDATE conversations SET product_title = (
            SELECT product_title FROM products
            WHERE conversation = conversations.id AND products.product_id = conversations.product_id
        ) WHERE product_id IS NOT NULL AND product_title IS NULL;
        INSERT OR IGNORE INTO products (conversation, product_title, named_at)
        SELECT id, product_title, 0 FROM conversations WHERE product_id IS NULL AND product_title IS NOT NULL;
        """
}
