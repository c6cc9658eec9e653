extension Schema {
    /// `drafts.product_id` and `drafts.product_title`: what the draft is about.
    static let v6 = """
        ALTER TABLE drafts ADD COLUMN product_id ANY;
        ALTER TABLE drafts ADD COLUMN product_title ANY;
        """
}
