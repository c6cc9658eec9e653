import ChatWire

/// A conversation's flags as the store keeps them.
public struct StoredFlags: Sendable, Hashable {
    public var flags: Set<ConversationFlag>
    /// The conversation's last message when it was archived. A later message of the peer brings the conversation back.
    /// Nil if it had no messages, or if it is not archived.
    public var archivedAfter: MessageID?

    public init(_ flags: Set<ConversationFlag> = [], archivedAfter: MessageID? = nil) {
        self.flags = flags
        self.archivedAfter = archivedAfter
    }

    /// - Parameter last: As in `StoreChange.flag`.
    mutating func set(_ flag: ConversationFlag, _ isSet: Bool, last: MessageID?) {
        switch (flag, isSet) {
        case (.archived, true): archivedAfter = last
        case (.archived, false):
            // Another window may have archived the conversation again, or muted it, since a message brought it back.
            if last != nil, archivedAfter == last || flags.contains(.muted) { return }
            archivedAfter = nil
        case (.muted, false): if flags.contains(.archived), let last { archivedAfter = last }
        case (.muted, true), (.pinned, _), (.unread, _): break
        }
        if isSet { flags.insert(flag) } else { flags.remove(flag) }
    }
}
