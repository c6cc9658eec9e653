import ChatWire
import DequeModule

/// The messages written here that no server has confirmed yet, in the order of writing.
///
/// At most one message of a conversation is in flight. Otherwise the next one could overtake a message that is refused
/// and sent again.
struct Outbox: Sendable {
    struct Entry: Sendable, Hashable {
        let message: UnsentMessage
        var state: OutgoingState
        /// Why the message is held.
        var heldReason: UnsentStatus?
        /// How often a server could not store the message.
        var retries = 0
        /// Whether a server of protocol 1 may have the message. Such a server does not recognise repeats, so the
        /// message is not sent again without the user's consent.
        var wasSentInProtocol1 = false

        var id: ClientMessageID { message.id }
    }

    private(set) var entries: Deque<Entry> = []

    /// The oldest message in flight.
    var inFlight: Entry? { entries.first { $0.state == .inFlight } }

    /// The next message to send. It is not to a peer of `waiting`, nor of a conversation that has a message in flight.
    func next(excluding waiting: Set<UserID>) -> Entry? {
        var busy = waiting
        for entry in entries {
            if entry.state == .inFlight { busy.insert(entry.message.receiver) }
        }
        return entries.first { $0.state == .waiting && !busy.contains($0.message.receiver) }
    }

    subscript(id: ClientMessageID) -> Entry? {
        get { entries.first { $0.id == id } }
        set {
            guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
            if let newValue { entries[index] = newValue } else { entries.remove(at: index) }
        }
    }

    /// - Parameter place: The index to insert at; nil to append.
    mutating func append(_ message: UnsentMessage, state: OutgoingState, at place: Int? = nil) {
        entries.insert(
            Entry(message: message, state: state, wasSentInProtocol1: message.state == .inFlight),
            at: place ?? entries.endIndex)
    }

    /// - Returns: false if the message is unknown or the trigger does not apply to its state.
    @discardableResult
    mutating func move(_ id: ClientMessageID, by trigger: OutgoingState.Trigger) -> Bool {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return false }
        return entries[index].state.move(by: trigger)
    }

    /// Returns messages in flight to waiting, except for those that a server of protocol 1 may have.
    /// - Returns: those exceptions.
    mutating func requeueInFlight() -> [Entry] {
        for entry in entries where entry.state == .inFlight && !entry.wasSentInProtocol1 {
            move(entry.id, by: .requeued)
        }
        return entries.filter { $0.state == .inFlight }
    }

    /// Moves a held message to the end, since messages written after it may have been sent already.
    mutating func release(id: ClientMessageID) -> Bool {
        guard move(id, by: .released), var entry = self[id] else { return false }
        self[id] = nil
        entry.retries = 0
        entries.append(entry)
        return true
    }
}
