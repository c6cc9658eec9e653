import ChatWire
import DequeModule

/// The messages written here that no server has confirmed yet, in the order of writing.
///
/// At most one of a conversation is in flight, so that a refused one that is sent again cannot be overtaken by the next.
struct Outbox: Sendable {
    struct Entry: Sendable, Hashable {
        let message: UnsentMessage
        var state: OutgoingState
        /// Why it is held.
        var heldAs: UnsentStatus?
        /// Refused for a reason that passes, so many times.
        var retries = 0
        /// A server that knows no repeats may have it: it never goes again unasked.
        var wasGivenToProtocol1 = false

        var id: ClientMessageID { message.id }
    }

    private(set) var entries: Deque<Entry> = []

    /// The oldest one in flight.
    var inFlight: Entry? { entries.first { $0.state == .inFlight } }

    /// What to send next: nothing of a conversation that has a message in flight, nor of those that are to wait.
    func next(butFor waiting: Set<UserID>) -> Entry? {
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

    /// - Parameter place: where it goes among the others; nil for the end.
    mutating func append(_ message: UnsentMessage, state: OutgoingState, at place: Int? = nil) {
        entries.insert(
            Entry(message: message, state: state, wasGivenToProtocol1: message.state == .inFlight),
            at: place ?? entries.endIndex)
    }

    /// False where the trigger means nothing.
    @discardableResult
    mutating func move(_ id: ClientMessageID, by trigger: OutgoingState.Trigger) -> Bool {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return false }
        return entries[index].state.move(by: trigger)
    }

    /// What was in flight waits again, if its server knows a repeat. Returns the others.
    mutating func takeBackInFlight() -> [Entry] {
        for entry in entries where entry.state == .inFlight && !entry.wasGivenToProtocol1 {
            move(entry.id, by: .takenBack)
        }
        return entries.filter { $0.state == .inFlight }
    }

    /// A held message goes to the end: what was written after it may have been sent already.
    mutating func release(id: ClientMessageID) -> Bool {
        guard move(id, by: .released), var entry = self[id] else { return false }
        self[id] = nil
        entry.retries = 0
        entries.append(entry)
        return true
    }
}
