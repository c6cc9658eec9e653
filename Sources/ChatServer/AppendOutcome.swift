/// The result of appending one draft.
public enum AppendOutcome: Sendable, Hashable {
    case stored(StoredMessage)
    /// The same sender has sent the same content under this `clientMessageID` before; this is that message.
    case duplicate(StoredMessage)
    /// The same sender has used this `clientMessageID` for other content (another receiver or text, compared byte by
    /// byte).
    case conflict
    /// The store never takes such a message.
    case refused(Refusal)
    /// The sender is banned.
    case banned
    /// The sender is over a limit. The message is not stored, and it was not stored before.
    case rateLimited(retryAfterMs: Int)
    /// The store failed. The message is surely not stored, and it may be later.
    case notStored(StoreError)
    /// The store failed, and nobody knows whether the message is stored. The same `clientMessageID`, sent again, tells.
    case unknown(StoreError)

    /// Why the store never takes a message.
    public enum Refusal: Sendable, Hashable, CaseIterable {
        /// One of the two is nobody whom the store can have, or whom the marketplace knows.
        case noSuchUser
        /// A text contains U+0000, which SQLite and PostgreSQL cut or refuse.
        case containsNUL
        /// A constraint or a trigger of the database keeps this message out, and takes others.
        case keptOut
    }
}
