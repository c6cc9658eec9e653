import ChatWire

/// The rules for drafts that all stores share.
extension MessageDraft {
    /// Whether this draft repeats a stored message: the same receiver and text, byte for byte. The product and the time
    /// do not count.
    package func isRepeat(of message: Message) -> Bool {
        sender == message.sender && receiver == message.receiver && text == message.text
    }

    /// The outcome of this draft if the same sender has used its `clientMessageID` before, for `earlier`.
    package func outcome(after earlier: StoredMessage) -> AppendOutcome {
        isRepeat(of: earlier.message) ? .duplicate(earlier) : .conflict
    }

    /// The outcome of this draft if its `clientMessageID` is new but it must not be stored; nil if it may be stored.
    package var refusal: AppendOutcome? { retryAfterMs.map { .rateLimited(retryAfterMs: $0) } }

    /// The message's `createdAt`: `receivedAt`, even if earlier messages have a later time. Places and cursors give the
    /// order.
    ///
    /// It is rounded down to whole milliseconds, because `Timestamp.iso8601` prints those. So a client sees the same
    /// time in `message_sent` and when it reads the message again.
    package var createdAt: Timestamp {
        let excess = receivedAt.microseconds % 1000
        return Timestamp(microseconds: receivedAt.microseconds - (excess < 0 ? excess + 1000 : excess))
    }

    /// Whether some text contains U+0000, which SQLite and PostgreSQL cut or refuse. Validation lets none through. A
    /// store refuses such a draft rather than store a part of a text.
    package var containsNUL: Bool {
        // User ids contain no control characters.
        text.wire.containsNUL || clientMessageID?.wire.containsNUL ?? false || product?.id?.containsNUL ?? false
            || product?.title?.wire.containsNUL ?? false
    }
}
