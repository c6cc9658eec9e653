import ChatWire

/// A store into which other programs write, too.
public protocol SharedStore: MessageStore {
    /// Waits for what other programs store and mark as read, until the task is cancelled. A notification that gets lost, as
    /// while the database is away, delays a message or a mark by some seconds.
    ///
    /// - Parameters:
    ///   - connected: Returns the users whose feeds are wanted.
    ///   - report: Is called on any thread.
    func watch(
        for connected: @escaping @Sendable () -> [UserID], report: @escaping @Sendable (SharedStoreChange) -> Void
    ) async

    /// A name that only those who use this database know.
    var secretName: String { get }

    /// Tells all servers on this database, whatever bus connects them, that this one is there. They get `nodeIsThere`.
    func announce(_ sign: NodeSign) async throws(StoreError)

    /// Makes the bus that the database itself offers to the nodes that use it.
    func makeBus(for node: NodeID) -> any DeliveryBus
}

/// What another program has changed.
public enum SharedStoreChange: Sendable, Hashable {
    /// The last cursors of users whose feeds may have grown.
    case feedsGrew([UserID: Int])
    /// Users have read messages in another program.
    case read([ReadElsewhere])
    /// Users may have read messages in another program while the store was not listening.
    case readsMissed
    /// An operator has banned these users.
    case banned([UserID])
    /// A server on this database said so. It may be this one.
    case nodeIsThere(NodeSign)
    /// A copy was restored, or another server has taken over without the newest data. The store's `epoch` is a new one.
    case dataReplaced
}

/// What a server tells all others on its database by the database itself.
public struct NodeSign: Sendable, Hashable {
    public var node: NodeID
    /// What carries its events.
    public var bus: String

    public init(_ node: NodeID, bus: String) {
        self.node = node
        self.bus = bus
    }
}

/// A mark that a user has set in another program. It names a message that the user received.
public struct ReadElsewhere: Sendable, Hashable {
    public var mark: ReadMark
    /// Whether the sender of the message may know.
    public var isSenderTold: Bool

    public init(_ mark: ReadMark, isSenderTold: Bool) {
        self.mark = mark
        self.isSenderTold = isSenderTold
    }
}
