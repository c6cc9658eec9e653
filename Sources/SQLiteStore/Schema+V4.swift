extension Schema {
    /// `blocks.blocked_at`: since when, in microseconds since 1970; null for blocks from before this version.
    static let v4 = "ALTER TABLE blocks ADD COLUMN blocked_at INTEGER;"
}
