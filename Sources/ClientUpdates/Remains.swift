/// What a window leaves behind when it ends.
public struct Remains: Sendable, Hashable {
    /// The number of stored messages that are sent as soon as a window has a server.
    public var waiting: Int
    /// The number of messages that are on no disk and that no server has confirmed.
    public var lostMessages: Int
    /// The number of drafts that are on no disk.
    public var lostDrafts: Int

    public init(waiting: Int = 0, lostMessages: Int = 0, lostDrafts: Int = 0) {
        self.waiting = waiting
        self.lostMessages = lostMessages
        self.lostDrafts = lostDrafts
    }

    /// Whether text that the user wrote is lost.
    public var isLoss: Bool { lostMessages + lostDrafts > 0 }
}
