import ChatWire
import ClientUpdates

// The messages as the scrollback shows them, and those written here.

extension Transcript {
    /// A message written here, until the server has it.
    struct Pending: Sendable, Equatable {
        var id: ClientMessageID
        var text: UntrustedText
        var createdAt: Timestamp
        var status: UnsentStatus

        init(id: ClientMessageID, text: UntrustedText, createdAt: Timestamp, status: UnsentStatus) {
            self.id = id
            self.text = text
            self.createdAt = createdAt
            self.status = status
        }

        init(_ message: UnsentMessage, status: UnsentStatus) {
            self.init(id: message.id, text: UntrustedText(message.text), createdAt: message.createdAt, status: status)
        }

        /// On no disk, and at no server.
        var isOnlyHere: Bool { if case .notSaved = status { true } else { false } }
    }

    /// What names a message in the scrollback: the server's id, or ours for as long as it has none.
    enum LineID: Sendable, Hashable {
        case stored(MessageID)
        case pending(ClientMessageID)

        /// False of none.
        func isStored(as id: MessageID?) -> Bool { id.map { self == .stored($0) } ?? false }
    }

    /// One message, stored or not, as the scrollback shows it.
    struct Line: Sendable {
        var id: LineID
        var isOwn: Bool
        var text: UntrustedText
        var time: Timestamp
        var state: State
    }

    enum State: Sendable, Equatable {
        /// The server does not have it.
        case unsent(UnsentStatus)
        case stored, delivered, read
    }

    func line(at index: Int) -> Line {
        if index < stored.count {
            let message = stored[index]
            return Line(
                id: .stored(message.id), isOwn: message.sender == user, text: message.text, time: message.createdAt,
                state: marks.read.covers(index) ? .read : marks.delivered.covers(index) ? .delivered : .stored)
        }
        let message = pending[index - stored.count]
        return Line(
            id: .pending(message.id), isOwn: true, text: message.text, time: message.createdAt,
            state: .unsent(message.status))
    }
}

// MARK: - Messages written here

extension Transcript {
    /// Changes the status of a message that is there, and puts one that is not behind all others.
    mutating func putPending(_ message: Pending) {
        if !setStatus(message.status, of: message.id) { pending.append(message) }
    }

    /// False if there is no such message.
    @discardableResult
    mutating func setStatus(_ status: UnsentStatus, of id: ClientMessageID) -> Bool {
        guard let index = pending.firstIndex(where: { $0.id == id }) else { return false }
        pending[index].status = status
        return true
    }

    mutating func removePending(_ id: ClientMessageID) {
        pending.removeAll { $0.id == id }
    }

    /// How many messages are on no disk, and at no server.
    var onlyHere: Int { pending.count(where: \.isOnlyHere) }

    /// The oldest message that needs the user's decision, which is the one that the keys act upon.
    var firstFailed: Pending? { pending.first { $0.status != .waiting } }
}
