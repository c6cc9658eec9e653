/// Where the connection is between the first attempt and the one that stands.
enum LinkPhase: Sendable, Hashable {
    case idle
    /// What the first attempt needs is read from this machine's disk.
    case loading
    case connecting
    /// The WebSocket is open, and the server was asked to authorise it.
    case authorizing
    case online(protocolVersion: Int)
    /// The next attempt comes by itself.
    case waiting
    /// The next attempt is the user's to make.
    case stopped

    enum Trigger: Sendable, Hashable {
        case load
        case connect
        case opened
        case authorized(protocolVersion: Int)
        /// The link ended, and time may mend it.
        case failed
        /// The link ended, and it takes the user to mend it.
        case stopped
    }

    /// Nil: the trigger means nothing in this phase.
    func after(_ trigger: Trigger) -> LinkPhase? {
        switch trigger {
        case .load: self == .idle ? .loading : nil
        case .connect: .connecting
        case .opened: self == .connecting ? .authorizing : nil
        case .authorized(let version): self == .authorizing ? .online(protocolVersion: version) : nil
        case .failed: hasLink ? .waiting : nil
        case .stopped: .stopped
        }
    }

    /// Whether a connection stands, or is about to.
    var hasLink: Bool {
        switch self {
        case .connecting, .authorizing, .online: true
        case .idle, .loading, .waiting, .stopped: false
        }
    }

    var isOnline: Bool { if case .online = self { true } else { false } }
}

/// How far a message written here is on its way, until the server has it.
enum OutgoingState: Sendable, Hashable {
    /// On its way to the disk; not shown and not sent before it is there.
    case unsaved
    case waiting
    /// Given to a connection; whether it arrived is known only when it is answered.
    case inFlight
    /// Waits for the user's word: refused for good, not known to have arrived, or too old.
    case held

    enum Trigger: Sendable, Hashable, CaseIterable {
        case saved
        /// A connection has it.
        case given
        /// The server refused it for a reason that passes.
        case postponed
        /// The connection that had it is gone, and the next server knows a repeat when it sees one.
        case takenBack
        case held
        /// The user wants it sent once more.
        case released
    }

    /// Nil: the trigger means nothing in this state.
    func after(_ trigger: Trigger) -> OutgoingState? {
        switch trigger {
        case .saved: self == .unsaved ? .waiting : nil
        case .given: self == .waiting ? .inFlight : nil
        case .postponed, .takenBack: self == .inFlight ? .waiting : nil
        case .held: self == .waiting || self == .inFlight ? .held : nil
        case .released: self == .held ? .waiting : nil
        }
    }
}
