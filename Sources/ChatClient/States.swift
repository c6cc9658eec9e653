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
