import ChatWire

/// What the database knows of a user who logs in.
public struct Account: Sendable, Hashable {
    /// An operator keeps the user out; nothing else counts then.
    public var isBanned: Bool
    public var epoch: Epoch
    /// The last of the user's feed.
    public var cursor: Int
    /// Which message stands there; nil for none.
    public var lastMessage: MessageID?
    public var name: UntrustedText?
    /// Which message of the feed stands at the cursor that is to be resumed from; nil for none.
    public var messageAtResume: MessageID?
    /// Up to there messages of the feed may have been deleted: whoever has less of it must not resume.
    public var feedStart: Int

    public init(
        isBanned: Bool = false, epoch: Epoch, cursor: Int, lastMessage: MessageID? = nil, name: UntrustedText? = nil,
        messageAtResume: MessageID? = nil, feedStart: Int = 0
    ) {
        self.isBanned = isBanned
        self.epoch = epoch
        self.cursor = cursor
        self.lastMessage = lastMessage
        self.name = name
        self.messageAtResume = messageAtResume
        self.feedStart = feedStart
    }
}
