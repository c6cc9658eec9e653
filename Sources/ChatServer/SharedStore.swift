import ChatWire

/// A store into which other programs write, too.
public protocol SharedStore: MessageStore {
    /// Waits for messages that other programs store, until the task is cancelled. A notification that gets lost, as while
    /// the database is away, delays a message by some seconds.
    ///
    /// - Parameters:
    ///   - connected: Returns the users whose feeds are wanted.
    ///   - report: Is called on any thread.
    func watch(
        for connected: @escaping @Sendable () -> [UserID], report: @escaping @Sendable (SharedStoreChange) -> Void
    ) async
}

/// What another program has changed.
public enum SharedStoreChange: Sendable, Hashable {
    /// The last cursors of users whose feeds may have grown.
    case feedsGrew([UserID: Int])
    /// A copy was restored, or another server has taken over without the newest data. The store's `epoch` is a new one.
    case dataReplaced
}
