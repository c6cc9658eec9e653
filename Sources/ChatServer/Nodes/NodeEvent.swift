import ChatWire

/// What a node tells the others.
///
/// Nothing of it is needed to keep a message: it is in the database before any node hears of it. A lost event costs time
/// only.
public enum NodeEvent: Sendable, Hashable {
    /// Feeds have grown. Their messages are read from the database.
    case feedsGrew([FeedHint])
    /// Send this to the user's devices.
    /// - Parameter behindMessages: Whether the event is about a message. Then it must come after it.
    case relay(ServerEvent, to: UserID, behindMessages: Bool)

    // Presence

    /// The user is on the node.
    /// - Parameter isAnnounced: Whether the node tells the user's peers itself. It does not if it has known the user to
    ///   be on another node.
    case came(UserID, isAnnounced: Bool)
    /// The user is not on the node any more.
    case left(UserID, at: Timestamp, isAnnounced: Bool)
    /// Tell these users whether the other one is online.
    /// - Parameter lastSeen: The time at which the user left; nil if the user came.
    case tell([UserID], about: UserID, lastSeen: Timestamp?)

    // Limits

    /// An address has opened this number of connections.
    case handshakes(Int, from: String)

    // Nodes

    /// The node has started, and wants to know who is on the others.
    case started
    /// The node has missed something, and wants to know who is on this one.
    case rosterWanted(of: NodeID)
    /// All users on the node, in several parts.
    case roster([UserID], isFirst: Bool, isLast: Bool)
    /// The node ends. Its users are about to come to others.
    case ending
}

/// How far a feed reaches.
public struct FeedHint: Sendable, Hashable {
    public var user: UserID
    public var cursor: Int
    /// The number of messages that the user has sent of late, for the limit of messages.
    public var sent: Int

    public init(user: UserID, cursor: Int, sent: Int = 0) {
        self.user = user
        self.cursor = cursor
        self.sent = sent
    }
}
