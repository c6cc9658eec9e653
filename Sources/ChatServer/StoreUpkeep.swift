import ChatWire

/// The part of the store that concerns it as a whole.
public protocol StoreUpkeep: Sendable {
    /// Identifies this incarnation of the data. It changes with a restore, so that old cursors are not trusted.
    var epoch: Epoch { get }

    /// Which users there can be.
    var userIDs: UserIDForm { get }

    /// Writes something, and throws if that fails.
    func checkWritable() async throws(StoreError)

    /// Returns nil if there is no disk.
    func condition() async -> StoreCondition?

    /// The program is about to end. From now on the store does not wait long for locks that others hold.
    func expectEnd()

    /// Closes the store. Stored data stay. Later calls throw an error.
    func close() async throws(StoreError)
}

extension StoreUpkeep {
    public var userIDs: UserIDForm { .any }

    public func expectEnd() {}
}
