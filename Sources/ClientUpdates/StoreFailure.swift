import ChatWire

/// A failure of the disk or the database. The same call may succeed later.
public enum StoreFailure: Error, Sendable, Hashable, CustomStringConvertible {
    case diskFull
    /// The file is not a database, or is damaged.
    case damaged
    /// The files were removed, renamed or replaced while in use. What is written to them is lost.
    case gone
    /// The system's error (`errno`), or the one nearest to the database's error.
    case system(Int32)
    /// Any other error, in the database's words.
    case failed(String)

    public var description: String {
        switch self {
        case .diskFull: "the disk is full"
        case .damaged: "the file is damaged"
        case .gone: "the files were removed or replaced"
        case .system(let number): "system error \(number)"
        case .failed(let reason): UntrustedText(reason).displayed()
        }
    }
}
