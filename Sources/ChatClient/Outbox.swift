import ChatWire
import DequeModule

/// The messages written here that no server has confirmed yet, in the order of writing.
///
/// At most one of a conversation is in flight, so that a refused one that is sent again cannot be overtaken by the next.
struct Outbox: Sendable {
    struct Entry: Sendable, Hashable {
        let message: UnsentMessage
        var state: State
        /// Why it is held.
        var heldAs: OutgoingStatus?
        /// Refused for a reason that passes, so many times.
        var retries = 0
        /// A server that knows no repeats may have it: it never goes again unasked.
        var wasGivenToProtocol1 = false
        /// When the present connection was given it.
        var givenAt: ContinuousClock.Instant?

        var id: ClientMessageID { message.id }
    }

    enum State: Sendable, Hashable {
        /// On its way to the disk; not shown and not sent before it is there.
        case unsaved
        case waiting
        /// Given to a connection; whether it arrived is known only when it is answered.
        case inFlight
        /// Waits for the user's word: refused for good, not known to have arrived, or too old.
        case held
    }

    private(set) var entries: Deque<Entry> = []

    /// The oldest one in flight.
    var inFlight: Entry? { entries.first { $0.state == .inFlight } }

    /// The one that has waited longest for its answer on the present connection.
    var longestUnanswered: Entry? {
        entries.filter { $0.state == .inFlight && $0.givenAt != nil }.min { $0.givenAt! < $1.givenAt! }
    }

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
    mutating func append(_ message: UnsentMessage, state: State, at place: Int? = nil) {
        entries.insert(
            Entry(message: message, state: state, wasGivenToProtocol1: message.state == .inFlight),
            at: place ?? entries.endIndex)
    }

    /// The connection is gone.
    mutating func forgetGivenTimes() {
        for index in entries.indices { entries[index].givenAt = nil }
    }

    /// What was in flight waits again, if its server knows a repeat. Returns the others.
    mutating func takeBackInFlight() -> [Entry] {
        for index in entries.indices where entries[index].state == .inFlight && !entries[index].wasGivenToProtocol1 {
            entries[index].state = .waiting
        }
        return entries.filter { $0.state == .inFlight }
    }

    /// A held message goes to the end: what was written after it may have been sent already.
    mutating func release(id: ClientMessageID) -> Bool {
        guard var entry = self[id], entry.state == .held else { return false }
        self[id] = nil
        entry.state = .waiting
        entry.retries = 0
        entries.append(entry)
        return true
    }
}
