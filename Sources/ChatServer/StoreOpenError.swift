import ChatWire

/// Why a store cannot be opened, or not copied. Nothing was deleted, whatever the reason. The first value is the database as
/// the user named it.
public enum StoreOpenError: Error, Hashable {
    /// No such folder or server, no permission, a folder in a file's place, a disk that cannot be read …
    case unusable(String, reason: String)
    /// What is there is something else than the `kind` of database that was expected.
    case notADatabase(String, kind: String)
    /// A database, but another program's.
    case foreign(String)
    /// Made or changed by a later version of this program.
    case newer(String)
    case damaged(String, reason: String)
    /// Another program holds its lock.
    case locked(String)
    /// Another server serves it.
    case inUse(String)
    /// There is none, and none is to be made.
    case missing(String)
    /// To open it would lose what was written last. The reason says what is the matter with the database, and what to do.
    case incomplete(String, reason: String)
    /// A version before made it, and to rebuild it takes more free disk than there is, in bytes.
    case noRoom(String, needed: Int, free: Int)
    /// A copy is to be written, and there is a file or something else already.
    case taken(String)
}

extension StoreOpenError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unusable(let name, let reason): "cannot open the database \(shown(name)): \(shown(reason))"
        case .notADatabase(let name, let kind): "\(shown(name)) is not \(kind)"
        case .foreign(let name): "\(shown(name)) is the database of another program"
        case .newer(let name): "\(shown(name)) was made by a newer version of chat-server"
        case .damaged(let name, let reason): "the database \(shown(name)) is damaged: \(shown(reason))"
        case .locked(let name): "the database \(shown(name)) is locked by another program"
        case .inUse(let name):
            """
            another chat-server serves the database \(shown(name)): end that one first, or choose another one with --store
            """
        case .missing(let name): "there is no database \(shown(name))"
        case .incomplete(let name, let reason): "the database \(shown(name)) \(shown(reason))"
        case .noRoom(let name, let needed, let free):
            """
            the database \(shown(name)) has to be rebuilt for this version of chat-server, which takes \(megabytes(needed)) MB \
            of free disk, and there are \(megabytes(free)) MB: make room and start again; nothing was changed
            """
        case .taken(let name): "there is something at \(shown(name)) already: name a file that is not there yet"
        }
    }

    private func megabytes(_ bytes: Int) -> Int { bytes / 1_000_000 + (bytes % 1_000_000 > 0 ? 1 : 0) }

    private func shown(_ text: String) -> String { UntrustedText(text).displayed() }
}
