import ChatWire

/// The statement that a device of the user has the feed up to and including `cursor`.
public struct Acknowledgement: Sendable, Hashable {
    public var user: UserID
    public var cursor: Int

    public init(user: UserID, cursor: Int) {
        self.user = user
        self.cursor = cursor
    }
}

/// The messages that an acknowledgement newly covers.
public struct Coverage: Sendable, Hashable {
    /// The newest covered message of each sender, in feed order. Each sender is told of it by a `delivered` event.
    public var marks: [DeliveredMark]
    /// Whether the acknowledgement covers more messages than this call has handled.
    public var isPartial: Bool

    public init(marks: [DeliveredMark] = [], isPartial: Bool = false) {
        self.marks = marks
        self.isPartial = isPartial
    }
}

/// The statement that the receiver's devices have everything that `sender` wrote, up to and including this message.
public struct DeliveredMark: Sendable, Hashable {
    public var sender: UserID
    public var messageID: MessageID

    public init(sender: UserID, messageID: MessageID) {
        self.sender = sender
        self.messageID = messageID
    }
}
