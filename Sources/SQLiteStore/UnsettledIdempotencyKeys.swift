import ChatServer
import ChatWire

/// What makes sending idempotent: the sender, and the id that the sender gave the message.
struct IdempotencyKey: Hashable {
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

/// The clients' ids of messages that are not settled.
///
/// Most ids are certainly new, so they are never looked up; an index is built only when one is. Entries are kept in
/// generations, which are dropped as a whole: removing each entry would cost as much as inserting it.
struct UnsettledIdempotencyKeys {
    private struct Generation {
        /// In the order of their `seq`s.
        var messages: [(seq: Int64, message: StoredMessage)] = []
        /// Finds the first `indexed` messages.
        var index: [IdempotencyKey: Int] = [:]
        var indexed = 0

        mutating func find(_ key: IdempotencyKey) -> StoredMessage? {
            for place in indexed..<messages.count {
                if let key = IdempotencyKey(messages[place].message) { index[key] = place }
            }
            indexed = messages.count
            return index[key].map { messages[$0].message }
        }
    }

    private static let maxInGeneration = 2048

    private var generations: [Generation] = []

    mutating func find(_ key: IdempotencyKey) -> StoredMessage? {
        for index in generations.indices.reversed() {
            if let message = generations[index].find(key) { return message }
        }
        return nil
    }

    /// Adds a message, unless its sender gave it no id.
    /// - Parameter seq: Its `seq`, which is above all before.
    mutating func insert(_ message: StoredMessage, at seq: Int64) {
        if message.clientMessageID == nil { return }
        if generations.last.map({ $0.messages.count >= Self.maxInGeneration }) ?? true {
            generations.append(Generation())
        }
        generations[generations.count - 1].messages.append((seq, message))
    }

    /// Everything up to a `seq` is settled.
    mutating func removeAll(upTo seq: Int64) {
        generations.removeAll { $0.messages.last.map { $0.seq <= seq } ?? true }
    }

    /// The message at a `seq`.
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
