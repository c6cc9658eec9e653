/// The result of appending one draft.
public enum AppendOutcome: Sendable, Hashable {
    case stored(StoredMessage)
    /// The same sender has sent the same content under this `clientMessageID` before; this is that message.
    case duplicate(StoredMessage)
    /// The same sender has used this `clientMessageID` for other content (another receiver or text, compared byte by
    /// byte).
    case conflict
    /// The store never takes such a message: one of the two is nobody whom the marketplace knows, or the marketplace keeps
    /// it out.
    case refused
    /// The sender is banned.
    case banned
    /// The sender is over a limit. The message is not stored, and it was not stored before.
    case rateLimited(retryAfterMs: Int)
}
