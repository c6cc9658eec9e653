/// How nodes notice that others have ended.
public struct NodeTiming: Sendable, Hashable {
    /// The time between two signs of life.
    public var beat: Duration
    /// The silence after which a node has died.
    public var lease: Duration
    /// The time in which the clients of a node that ends connect to another.
    public var handover: Duration

    public init(beat: Duration = .seconds(2), lease: Duration = .seconds(10), handover: Duration = .seconds(6)) {
        self.beat = beat
        self.lease = lease
        self.handover = handover
    }
}
