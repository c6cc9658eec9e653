import ChatWire

/// Everything up to `cursor` of the user's feed is on a device of theirs.
public struct Acknowledgement: Sendable, Hashable {
    public var user: UserID
    public var cursor: Int

    public init(user: UserID, cursor: Int) {
        self.user = user
        self.cursor = cursor
    }
}

/// What an acknowledgement newly covers.
public struct Coverage: Sendable, Hashable {
    /// The newest message of each sender, as the sender is told in `delivered`; in the feed's order.
    public var marks: [DeliveredMark]
    /// There is more to cover.
    public var isPartial: Bool

    public init(marks: [DeliveredMark] = [], isPartial: Bool = false) {
        self.marks = marks
        self.isPartial = isPartial
    }
}

/// Up to this message, what `sender` wrote is on a device of the receiver's.
public struct DeliveredMark: Sendable, Hashable {
    public var sender: UserID
    public var messageID: MessageID

    public init(sender: UserID, messageID: MessageID) {
        self.sender = sender
        self.messageID = messageID
    }
}
