import ChatWire

/// The reason why a store cannot be opened or copied. Nothing was deleted. The first value is the database as the user
/// named it.
public enum StoreOpenError: Error, Hashable {
    /// There is no such folder, no permission, a folder instead of a file, an unreadable disk, or the like.
    case unusable(String, reason: String)
    /// There is something else than the expected `kind` of database.
    case notADatabase(String, kind: String)
    /// The database belongs to another program.
    case foreign(String)
    /// A later version of this program has created or changed it.
    case newer(String)
    case damaged(String, reason: String)
    /// Another program holds the lock.
    case locked(String)
    /// Another server uses the database.
    case inUse(String)
    /// There is no database, and none may be created.
    case missing(String)
    /// Opening it would lose the latest writes. The reason says what is wrong and what to do.
    case incomplete(String, reason: String)
    /// An earlier version created it, and rebuilding it takes more free disk space than there is. Both values are in
    /// bytes.
    case noRoom(String, needed: Int, free: Int)
    /// The target of a copy exists already.
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
            another chat-server serves the database \(shown(name)): end that one first, or use another database
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
