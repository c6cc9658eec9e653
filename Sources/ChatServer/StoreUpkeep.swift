import ChatWire

/// A store as a whole: which one it is, how it is, and its end.
public protocol StoreUpkeep: Sendable {
    /// Names this incarnation of the data: another after a restore, so that cursors of old are not trusted.
    var epoch: Epoch { get }

    /// Writes something, to see whether that can be done.
    func checkWritable() async throws(StoreError)

    /// Nil where there is no disk.
    func condition() async -> StoreCondition?

    /// The program is about to end: from now on nothing is waited for long that others hold.
    func expectEnd()

    /// Ends every access; what was stored stays. Nothing may be asked of the store any more, and what is answers with an error.
    func close() async throws(StoreError)
}

extension StoreUpkeep {
    public func expectEnd() {}
}
