import ChatWire

/// What every store does with a draft in the same way.
extension MessageDraft {
    /// Whether this draft is a stored message sent once more: the same receiver and text, byte for byte. The product
    /// and the time do not count.
    package func isRepeat(of message: Message) -> Bool {
        sender == message.sender && receiver == message.receiver && text == message.text
    }

    /// What appending this draft gives where the same sender used its `clientMessageID` before, for `earlier`.
    package func outcome(after earlier: StoredMessage) -> AppendOutcome {
        isRepeat(of: earlier.message) ? .duplicate(earlier) : .conflict
    }

    /// What appending it gives where nothing was stored under its `clientMessageID`, if it must not be stored.
    package var refusal: AppendOutcome? { retryAfterMs.map { .rateLimited(retryAfterMs: $0) } }

    /// The time the message gets: `receivedAt`, whatever the messages before it say. Places and cursors are the order.
    ///
    /// In whole milliseconds, rounded down, because that is what `Timestamp.iso8601` prints: a client sees the same
    /// time in `message_sent` and when it reads the message again.
    package var createdAt: Timestamp {
        let excess = receivedAt.microseconds % 1000
        return Timestamp(microseconds: receivedAt.microseconds - (excess < 0 ? excess + 1000 : excess))
    }

    /// Whether some text holds U+0000, which SQLite and PostgreSQL would cut or refuse. Validation lets none through;
    /// a store throws rather than keep half a text.
    package var containsNUL: Bool {
        // Ids of users hold no control character.
        text.wire.containsNUL || clientMessageID?.wire.containsNUL ?? false || product?.id?.containsNUL ?? false
            || product?.title?.wire.containsNUL ?? false
    }
}

extension StoreError {
    /// The caller's fault, and the only one that a repeat does not cure.
    package static let textContainsNUL = StoreError.failed("a message with U+0000 in it cannot be stored")
}
