extension Schema {
    /// `account.list_loaded`: 1 once the server's list of conversations was stored. Before that, there may be
    /// conversations that this file does not know.
    static let v7 = "ALTER TABLE account ADD COLUMN list_loaded INTEGER NOT NULL DEFAULT 0;"
}
