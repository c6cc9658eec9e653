import ChatWire

/// Tracks which of the user's own messages the server is known to have, so that no old message is taken for a new one's
/// confirmation.
///
/// In protocol 1 a confirmation does not name the message. If one is lost, the client looks for the message in the
/// history, among the messages that are new there. If it does not know which ones are new, it finds none: an earlier
/// message with the same text could be taken for the confirmation.
struct Confirmations: Sendable {
    private let user: UserID
    private var settled: Set<MessageID> = []
    /// The peers of the conversations for which `settled` has all of the user's own messages that the server had.
    private var peersWithCompleteHistory: Set<UserID> = []

    /// Which of the user's own messages in a conversation are known to be settled.
    enum Knowledge: Sendable, Hashable {
        case none
        /// The newest ones, from this machine's disk. Messages after them are new.
        case newest
        /// All of them. Any other message is new.
        case all
    }

    /// By how much the clocks of server and client may differ. It counts only where an own message may stand before a
    /// stored one of the peer, so that only its time tells whether it is new.
    private static let clockTolerance: Duration = .seconds(120)

    init(user: UserID) {
        self.user = user
    }

    func isSettled(_ id: MessageID) -> Bool { settled.contains(id) }

    mutating func settle(_ id: MessageID) { settled.insert(id) }

    /// What is known of a conversation when it is opened.
    func knowledge(of peer: UserID?) -> Knowledge {
        peer.map(peersWithCompleteHistory.contains) == true ? .all : .none
    }

    /// Marks the user's messages in the server's history as settled.
    ///
    /// - Parameters:
    ///   - except: A message that may yet turn out to be the confirmation of one that is in flight.
    ///   - peer: The peer, if the answer is the whole conversation.
    mutating func markSettled(_ answer: HistoryAnswer, except: MessageID?, completeWith peer: UserID?) {
        for entry in answer.page.messages where entry.message.sender == user && entry.message.id != except {
            settled.insert(entry.message.id)
        }
        for case let id? in answer.page.unreadable { settled.insert(id) }
        if answer.isComplete, let peer { peersWithCompleteHistory.insert(peer) }
    }

    /// The message in the server's history that can be the confirmation of `message`.
    func confirmation(of message: UnsentMessage, in page: HistoryPage?, knowing knowledge: Knowledge) -> Message? {
        newcomers(of: page, since: message.createdAt, knowledge).first {
            $0.sender == user && $0.receiver == message.receiver && $0.text == UntrustedText(message.text)
        }
    }

    /// The messages of the page that were not known before.
    private func newcomers(of page: HistoryPage?, since written: Timestamp, _ knowledge: Knowledge) -> [Message] {
        let messages = page?.messages.map(\.message) ?? []
        let isSettled: (Message) -> Bool = { settled.contains($0.id) }
        switch knowledge {
        case .none: return []
        case .newest:
            guard let last = messages.lastIndex(where: isSettled) else { return [] }
            // Own messages are sent one at a time, so no settled own message was stored after this one.
            let lastOwn = messages.lastIndex { $0.sender == user && isSettled($0) } ?? last
            let earliest = written.advanced(by: .zero - Self.clockTolerance)
            return messages[(lastOwn + 1)..<(last + 1)].filter { !isSettled($0) && $0.createdAt >= earliest }
                + messages[(last + 1)...]
        case .all: return messages.filter { !isSettled($0) }
        }
    }
}
