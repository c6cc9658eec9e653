import ChatServer
import ChatWire

/// What a user called a message.
struct Sending: Hashable {
    var sender: UserID
    /// Compared by its bytes, as the database does.
    var id: ClientMessageID

    init(sender: UserID, id: ClientMessageID) {
        (self.sender, self.id) = (sender, id)
    }

    init?(_ draft: MessageDraft) {
        self.init(draft.sender, draft.clientMessageID)
    }

    init?(_ stored: StoredMessage) {
        self.init(stored.message.sender, stored.clientMessageID)
    }

    private init?(_ sender: UserID, _ id: ClientMessageID?) {
        guard let id else { return nil }
        self.init(sender: sender, id: id)
    }
}

/// What was called something by its sender and is not settled.
///
/// Most of it is never sought, because most ids are new beyond doubt: it is given an index only where one is. It comes and goes in
/// generations: taking every entry out by its name costs as much as putting it in.
struct UnsettledSendings {
    private struct Generation {
        /// By their places in the log.
        var messages: [(seq: Int64, message: StoredMessage)] = []
        /// Those of the first of them that were sought among.
        var index: [Sending: Int] = [:]
        var indexed = 0

        mutating func find(_ sending: Sending) -> StoredMessage? {
            for place in indexed..<messages.count {
                if let sending = Sending(messages[place].message) { index[sending] = place }
            }
            indexed = messages.count
            return index[sending].map { messages[$0].message }
        }
    }

    private static let mostInGeneration = 2048

    private var generations: [Generation] = []

    mutating func find(_ sending: Sending) -> StoredMessage? {
        for index in generations.indices.reversed() {
            if let message = generations[index].find(sending) { return message }
        }
        return nil
    }

    /// Nothing, where it was called nothing.
    /// - Parameter seq: Its place in the log, above all before.
    mutating func insert(_ message: StoredMessage, at seq: Int64) {
        if message.clientMessageID == nil { return }
        if generations.last.map({ $0.messages.count >= Self.mostInGeneration }) ?? true {
            generations.append(Generation())
        }
        generations[generations.count - 1].messages.append((seq, message))
    }

    /// Everything up to a place is settled.
    mutating func removeAll(upTo seq: Int64) {
        generations.removeAll { $0.messages.last.map { $0.seq <= seq } ?? true }
    }

    /// The one at a place of the log.
    subscript(seq: Int64) -> StoredMessage? {
        guard let generation = generations.first(where: { $0.messages.last.map { $0.seq >= seq } ?? false }) else {
            return nil
        }
        let messages = generation.messages
        var (low, high) = (0, messages.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if messages[middle].seq < seq { low = middle + 1 } else { high = middle }
        }
        return messages[low].seq == seq ? messages[low].message : nil
    }
}
