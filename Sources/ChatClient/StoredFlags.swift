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
        if isSet {
            flags.insert(flag)
            if flag == .archived { archivedAfter = last }
        } else if flag != .archived {
            flags.remove(flag)
        } else if last == nil || archivedAfter != last {
            flags.remove(flag)
            archivedAfter = nil
        }
    }
}
