import ChatWire

/// The world's failures; the same call may succeed later.
public enum StoreFailure: Error, Sendable, Hashable, CustomStringConvertible {
    case diskFull
    /// The file is no database, or a damaged one.
    case damaged
    /// The files were removed, renamed or replaced while in use: what is written into them, nobody finds again.
    case gone
    /// The system's error, or what of these comes nearest.
    case system(Int32)
    /// Anything else, in the database's words.
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
