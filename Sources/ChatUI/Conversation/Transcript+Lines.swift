import ChatWire
import ClientUpdates

// The messages as the scrollback shows them, and the messages that were written here.

extension Transcript {
    /// A message that was written here and that the server has not confirmed.
    struct Pending: Sendable, Equatable {
        var id: ClientMessageID
        var text: UntrustedText
        var product: Product?
        var createdAt: Timestamp
        var status: UnsentStatus

        init(
            id: ClientMessageID, text: UntrustedText, product: Product? = nil, createdAt: Timestamp,
            status: UnsentStatus
        ) {
            self.id = id
            self.text = text
            self.product = product
            self.createdAt = createdAt
            self.status = status
        }

        init(_ message: UnsentMessage, status: UnsentStatus) {
            self.init(
                id: message.id, text: UntrustedText(message.text), product: message.product,
                createdAt: message.createdAt, status: status)
        }

        /// Whether it is neither on disk nor on the server.
        var isOnlyInMemory: Bool { if case .notSaved = status { true } else { false } }
    }

    /// Identifies a message in the scrollback: by the server's id, or by ours until it has one.
    enum LineID: Sendable, Hashable {
        case stored(MessageID)
        case pending(ClientMessageID)

        /// False if `id` is nil.
        func isStored(as id: MessageID?) -> Bool { id.map { self == .stored($0) } ?? false }
    }

    /// One message of the scrollback, confirmed or not.
    struct Line: Sendable {
        var id: LineID
        var isOwn: Bool
        var text: UntrustedText
        var time: Timestamp
        var state: State
    }

    enum State: Sendable, Equatable {
        /// The server has not confirmed it.
        case unsent(UnsentStatus)
        case stored, delivered, read
    }

    private func markedState(at index: Int) -> State {
        marks.read.covers(index) ? .read : marks.delivered.covers(index) ? .delivered : .stored
    }

    /// The server may have lost what it had received. Marks that come from now on say nothing of the user's messages here,
    /// until the server shows them again.
    mutating func freezeStates() {
        for (index, message) in stored.enumerated() where message.sender == user && !marks.read.covers(index) {
            frozen[message.id] = markedState(at: index)
        }
    }

    /// The server has these messages.
    mutating func serverHas(_ messages: [Message]) {
        if frozen.isEmpty { return }
        for message in messages { frozen[message.id] = nil }
    }

    func line(at index: Int) -> Line {
        if index < stored.count {
            let message = stored[index]
            return Line(
                id: .stored(message.id), isOwn: message.sender == user, text: message.text, time: message.createdAt,
                state: frozen[message.id] ?? markedState(at: index))
        }
        let message = pending[index - stored.count]
        return Line(
            id: .pending(message.id), isOwn: true, text: message.text, time: message.createdAt,
            state: .unsent(message.status))
    }
}

// MARK: - Messages written here

extension Transcript {
    /// Changes the status of a message, or appends the message if it is not there.
    mutating func putPending(_ message: Pending) {
        if !setStatus(message.status, of: message.id) { pending.append(message) }
    }

    /// Changes the status of a message. False if there is no such message.
    @discardableResult
    mutating func setStatus(_ status: UnsentStatus, of id: ClientMessageID) -> Bool {
        guard let index = pending.firstIndex(where: { $0.id == id }) else { return false }
        pending[index].status = status
        return true
    }

    mutating func removePending(_ id: ClientMessageID) {
        pending.removeAll { $0.id == id }
    }

    /// The number of messages that are neither on disk nor on the server.
    var onlyInMemory: Int { pending.count(where: \.isOnlyInMemory) }

    /// The oldest message that needs a decision of the user. The keys for failed messages act on it.
    var firstFailed: Pending? { pending.first { $0.status != .waiting } }
}
