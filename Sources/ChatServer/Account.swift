import ChatWire

/// What the database has about a user who logs in.
public struct Account: Sendable, Hashable {
    /// Whether an operator has banned the user. If so, the other properties do not count.
    public var isBanned: Bool
    public var epoch: Epoch
    /// The last cursor of the user's feed; 0 if the feed is empty.
    public var cursor: Int
    /// The message at `cursor`; nil if the feed is empty.
    public var lastMessage: MessageID?
    public var name: UntrustedText?
    /// The message at the cursor from which the client resumes; nil if there is none.
    public var messageAtResume: MessageID?
    /// Messages up to this cursor may have been deleted. A client whose cursor is lower must not resume.
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
