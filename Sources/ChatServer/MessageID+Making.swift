import ChatWire

/// The ids that stores give to messages. They sort by the clock. The order of messages is their `seq`.
extension MessageID {
    package static func make(at time: Timestamp) -> MessageID {
        MessageID(UUIDVersion7.make(at: time, .random(in: .min ... .max), .random(in: .min ... .max)))
    }
}
