extension Schema {
    /// `blocks.blocked_at`: when the block began, in microseconds since 1970. Null for blocks from before this version.
    static let v4 = "ALTER TABLE blocks ADD COLUMN blocked_at INTEGER;"
}
