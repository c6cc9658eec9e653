import ChatServer
import ChatWire

/// What a user called a message.
struct Sending: Hashable {
    var sender: UserID
    /// Compared by its bytes, as the database does.
    var id: UntrustedText

    init?(_ draft: MessageDraft) {
        self.init(draft.sender, draft.clientMessageID)
    }

    init?(_ stored: StoredMessage) {
        self.init(stored.message.sender, stored.clientMessageID)
    }

    private init?(_ sender: UserID, _ id: String?) {
        guard let id else { return nil }
        (self.sender, self.id) = (sender, UntrustedText(id))
    }
}

/// What was called something by its sender and is not settled.
///
/// In generations, each of which goes at once: taking every entry out by its name costs as much as putting it in.
struct UnsettledSendings {
    private struct Generation {
        var messages: [Sending: StoredMessage] = [:]
        /// The place of the last one.
        var last: Int64 = 0
    }

    private static let mostInGeneration = 2048

    private var generations: [Generation] = []

    subscript(sending: Sending) -> StoredMessage? {
        for generation in generations.reversed() {
            if let message = generation.messages[sending] { return message }
        }
        return nil
    }

    /// Nothing, where it was called nothing.
    /// - Parameter seq: Its place in the log, above all before.
    mutating func insert(_ message: StoredMessage, at seq: Int64) {
        guard let sending = Sending(message) else { return }
        if generations.last.map({ $0.messages.count >= Self.mostInGeneration }) ?? true {
            generations.append(Generation())
        }
        generations[generations.count - 1].messages[sending] = message
        generations[generations.count - 1].last = seq
    }

    /// Everything up to a place is settled.
    mutating func removeAll(upTo seq: Int64) {
        generations.removeAll { $0.last <= seq }
    }
}
