import ChatWire

/// The ids that stores give messages. Their order is that of clocks: the order of messages is `seq`.
extension MessageID {
    package static func make(at time: Timestamp) -> MessageID {
        MessageID(UUIDVersion7.make(at: time, .random(in: .min ... .max), .random(in: .min ... .max)))
    }
}
