/// A failure of the disk or the database. The same call may succeed later.
public enum StoreFailure: Error, Sendable, Hashable {
    case diskFull
    /// The file is not a database, or is damaged.
    case damaged
    /// The files were removed, renamed or replaced while in use. What is written to them is lost.
    case gone
    /// The system's error (`errno`), or the one nearest to the database's error.
    case system(Int32)
    /// Any other error, in the database's words.
    case failed(String)
}
