import ChatServer
import ChatWire

/// Whose messages are not settled, and few others: whoever asks about somebody else waits for no settlement.
struct UserFilter {
    /// A set bit stands for all users of a hash. The hashes are other ones in every process.
    private var words: [UInt64]

    /// Everybody may be in it.
    init() {
        words = [UInt64](repeating: .max, count: 1024)
    }

    mutating func insertUsers(of outcomes: [AppendOutcome]) {
        for case .stored(let stored) in outcomes {
            for user in [stored.message.sender, stored.message.receiver] {
                let (word, bit) = Self.place(of: user, words.count)
                words[word] |= bit
            }
        }
    }

    mutating func insertEverybody() {
        self = UserFilter()
    }

    mutating func removeAll() {
        for index in words.indices { words[index] = 0 }
    }

    func mayContain(_ user: UserID) -> Bool {
        let (word, bit) = Self.place(of: user, words.count)
        return words[word] & bit != 0
    }

    private static func place(of user: UserID, _ count: Int) -> (word: Int, bit: UInt64) {
        let hash = UInt(bitPattern: user.hashValue)
        return (Int(hash / 64 % UInt(count)), 1 << UInt64(hash % 64))
    }
}
