/// What a window leaves behind when it ends.
public struct Remains: Sendable, Hashable {
    /// Messages on disk that go by themselves as soon as a window has a server.
    public var waiting: Int
    /// Messages that are on no disk, and of which no server has said that it has them.
    public var lostMessages: Int
    /// Drafts that are on no disk.
    public var lostDrafts: Int

    public init(waiting: Int = 0, lostMessages: Int = 0, lostDrafts: Int = 0) {
        self.waiting = waiting
        self.lostMessages = lostMessages
        self.lostDrafts = lostDrafts
    }

    /// Something that was written is gone.
    public var isLoss: Bool { lostMessages + lostDrafts > 0 }
}
