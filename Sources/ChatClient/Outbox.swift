import ChatWire
import DequeModule

/// The messages written here that no server has confirmed yet, in the order of writing.
///
/// At most one is in flight, so that a refused one that is sent again cannot be overtaken by the next.
struct Outbox: Sendable {
    struct Entry: Sendable, Hashable {
        let id: String
        let text: String
        var state: State = .waiting
        /// Refused for a reason that passes, so many times.
        var retries = 0
    }

    enum State: Sendable, Hashable {
        case waiting
        /// Given to a connection; whether it arrived is known only when it is answered.
        case inFlight
        /// Waits for the user's word: refused for good, or not known to have arrived.
        case held
    }

    private(set) var entries: Deque<Entry> = []

    var inFlight: Entry? { entries.first { $0.state == .inFlight } }

    /// What to send next, unless something is still in flight.
    var next: Entry? {
        inFlight == nil ? entries.first { $0.state == .waiting } : nil
    }

    var isEmpty: Bool { entries.isEmpty }

    subscript(id: String) -> Entry? {
        get { entries.first { $0.id == id } }
        set {
            guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
            if let newValue { entries[index] = newValue } else { entries.remove(at: index) }
        }
    }

    mutating func append(id: String, text: String) {
        entries.append(Entry(id: id, text: text))
    }

    /// A held message goes to the end: what was written after it may have been sent already.
    mutating func release(id: String) -> Bool {
        guard var entry = self[id], entry.state == .held else { return false }
        self[id] = nil
        entry.state = .waiting
        entry.retries = 0
        entries.append(entry)
        return true
    }
}
