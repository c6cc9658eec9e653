import ChatWire

/// Whether the peer is online, and when they were last seen.
struct Presence: Sendable, Equatable {
    var isOnline: Bool
    var lastSeen: Timestamp?

    /// How long a peer counts as typing after the last notice from the server.
    static let typingSpan: Duration = .seconds(5)
}
