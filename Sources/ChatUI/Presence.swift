import ChatWire

/// Whether the peer is there.
struct Presence: Sendable, Equatable {
    var isOnline: Bool
    var lastSeen: Timestamp?

    /// How long a peer counts as typing after the last word of it.
    static let typingSpan: Duration = .seconds(5)
}
