/// What became of a draft.
public enum AppendOutcome: Sendable, Hashable {
    case stored(StoredMessage)
    /// The same sender sent the same content under this `clientMessageID` before; this is that message.
    case duplicate(StoredMessage)
    /// The same sender used this `clientMessageID` for other content (receiver or text, compared as bytes).
    case conflict
    /// The sender is banned.
    case banned
    /// Not stored, now or before: its sender sends too much.
    case rateLimited(retryAfterMs: Int)
}
