import ChatWire

/// Which of the user's own messages the server is known to have, so that none is taken for the confirmation of another.
///
/// A confirmation of protocol 1 names no message of this program's. Where one is lost, the message is looked for in the
/// history among what was not there before. Where that is not known, an earlier message with the same text could be taken
/// for it, so then none is found.
struct Confirmations: Sendable {
    private let user: UserID
    private var settled: Set<MessageID> = []
    /// Of the conversations with these it has had all of the user's own messages, and those sent from here since.
    private var peersWithCompleteHistory: Set<UserID> = []

    /// Which of the user's own messages in a conversation are known to be settled.
    enum Knowledge: Sendable, Hashable {
        case none
        /// The last ones, from this machine's disk: what comes after them is new.
        case newest
        /// All: what is not among them is new.
        case all
    }

    /// A peer's answer may be here before what it answers. So much the clocks may differ where only times tell that.
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

    /// The user's messages that the server's history has are not new any more, except for those that wait for their
    /// confirmation.
    ///
    /// - Parameter completeWith: the peer whose whole conversation this is.
    mutating func markSettled(_ answer: HistoryAnswer, except: MessageID?, completeWith peer: UserID?) {
        for entry in answer.page.messages where entry.message.sender == user && entry.message.id != except {
            settled.insert(entry.message.id)
        }
        for case let id? in answer.page.unreadable { settled.insert(id) }
        if answer.isComplete, let peer { peersWithCompleteHistory.insert(peer) }
    }

    /// What in the history can be this message.
    func confirmation(of message: UnsentMessage, in page: HistoryPage?, knowing knowledge: Knowledge) -> Message? {
        newcomers(of: page, since: message.createdAt, knowledge).first {
            $0.sender == user && $0.receiver == message.receiver && $0.text == UntrustedText(message.text)
        }
    }

    /// What was not there before.
    private func newcomers(of page: HistoryPage?, since written: Timestamp, _ knowledge: Knowledge) -> [Message] {
        let messages = page?.messages.map(\.message) ?? []
        let isSettled: (Message) -> Bool = { settled.contains($0.id) }
        switch knowledge {
        case .none: return []
        case .newest:
            guard let last = messages.lastIndex(where: isSettled) else { return [] }
            // Own messages go one after the other, so none of those that are here was stored after it.
            let lastOwn = messages.lastIndex { $0.sender == user && isSettled($0) } ?? last
            let earliest = written.advanced(by: .zero - Self.clockTolerance)
            return messages[(lastOwn + 1)..<(last + 1)].filter { !isSettled($0) && $0.createdAt >= earliest }
                + messages[(last + 1)...]
        case .all: return messages.filter { !isSettled($0) }
        }
    }
}
