import ChatWire

// The states of the client's session, all transitions between them, and the rules that they follow.
//
// The link (`LinkPhase`, moved by the `Reconnector`):
//
//     idle ──load──▶ loading ──connect──▶ connecting ──opened──▶ authorizing ──authorized──▶ online
//                                          ▲      │                   │                        │
//                                          │      └──── failed ───────┴─────── failed ─────────┤
//                                          └───────── connect ────── waiting (or stopped) ◀────┘
//
//  1. Connecting, upgrading and `auth_success` have ten seconds together.
//  2. A link that ended is tried again for ever, after a wait with jitter. Where trying again changes nothing, it stops until
//     the user asks for an attempt.
//  3. Waits are short again after a connection that stood for five seconds, after the machine's sleep, and where the user
//     asks for an attempt.
//  4. After the machine's sleep a connection has three seconds to prove that it lives. If it ends, the next attempt comes at
//     once. An attempt from before the sleep is begun anew.
//  5. Where the server says that the token ends, a new one is looked for and given to it. Where none came in time, the link
//     ends (4004), and the next attempt comes at once with the token read anew. That is not so after a connection that did
//     not stand for five seconds: then the token that is read may be as old.
//  6. A server that refuses the log-in has two seconds to close the connection, which says more than the refusal.
//  7. What comes from a link that was given up is ignored. What was known of it is forgotten (`LinkState`).
//
// The feed on a connection of protocol 2 (`FeedState`):
//
//     unknown ──resume──▶ resuming ──complete──▶ live
//        │                   │resync              ▲
//        └────reload────▶ reloading ──complete────┘
//
//  8. What arrives is stored together with the feed's position in one transaction, then shown, then acknowledged.
//  9. A cursor that leaves one out means that something was missed: the link is given up and the feed resumed. So it is where
//     something is missing two seconds after a resumed feed's end. What two resumed feeds in turn end without, the server
//     has not: the conversations are loaded anew.
// 10. A resumed feed that for thirty seconds neither ends nor comes nearer to the cursor of `auth_success` is resumed on
//     another link.
//
// A message written here (`OutgoingState`, moved by the `Delivery`). It leaves from any state once the server has it:
//
//     unsaved ──saved──▶ waiting ◀──postponed, takenBack── inFlight
//                        ▲  │ └─────────given────────────────▲ │
//                released│  │held                              │held
//                        └─ held ◀─────────────────────────────┘
//
// 11. A message is on disk before it is shown and sent.
// 12. After an interruption waiting messages go when the feed, or protocol 1's history, is complete. What is older than a day
//     goes only when the user says so.
// 13. At most one message of a conversation is in flight, against protocol 1 one in all. Without an answer for ten seconds
//     the link has to prove that it lives, and ten seconds later it is given up (`AwaitedAnswers`).
// 14. Against protocol 2 a message whose answer was lost is sent again under the same id: the server knows it.
// 15. Against protocol 1 it is looked for in the history, and nothing is sent before that is here (`Confirmations`). What is
//     not found waits for the user: sending it again could double it.
// 16. A refusal that passes is waited for, and nothing is sent meanwhile. Any other one is the user's to answer.
// 17. A message that waits for the user's word stays here while its conversation is open. Otherwise it is left to the window
//     that opens it.
//
// The open conversation (`ConversationState`):
//
// 18. Another one may be opened at any time: what is about the one before ends with its draft going to disk, and answers
//     about it are ignored. The feed and the outbox are the user's and go on.

/// A state with all its transitions in one table.
protocol TransitionTable {
    associatedtype Trigger

    /// Nil: in this state the trigger means nothing.
    func after(_ trigger: Trigger) -> Self?
}

extension TransitionTable {
    /// False where the trigger means nothing, so that nothing changed.
    @discardableResult
    mutating func move(by trigger: Trigger) -> Bool {
        guard let next = after(trigger) else { return false }
        self = next
        return true
    }
}

/// Where the connection is between the first attempt and the one that stands.
enum LinkPhase: TransitionTable, Sendable, Hashable {
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
        /// An attempt begins. A link that there is was closed before.
        case connect
        case opened
        case authorized(protocolVersion: Int)
        /// The link ended, and time may mend it.
        case failed
        /// The link ended, and it takes the user to mend it.
        case stopped
    }

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

/// How far the server has brought the feed on this connection.
enum FeedState: TransitionTable, Sendable, Hashable {
    /// Not authorised yet, or by a server of protocol 1.
    case unknown
    /// The server sends what was missed.
    ///
    /// `end` is where its feed ended when the connection was authorised: it goes on there if it does not continue ours.
    case resuming(end: FeedPosition)
    /// The server has no feed that continues what is here: the conversation is fetched over HTTP. Meanwhile the feed goes on
    /// from its end and has come to `position`. An interruption forgets that, so the next connection reloads again.
    case reloading(position: FeedPosition)
    case live

    enum Trigger: Sendable, Hashable {
        /// The feed goes on from what is here, to where it ends now.
        case resume(end: FeedPosition)
        /// Nothing is here that it could go on from.
        case reload(end: FeedPosition)
        /// The server says that it does not continue what is here.
        case resync
        /// The next message came.
        case advance(to: FeedPosition)
        /// All is here.
        case complete
    }

    func after(_ trigger: Trigger) -> FeedState? {
        switch trigger {
        case .resume(let end): self == .unknown ? .resuming(end: end) : nil
        case .reload(let end): self == .unknown ? .reloading(position: end) : nil
        case .resync: if case .resuming(let end) = self { .reloading(position: end) } else { nil }
        case .advance(let position): isReloading ? .reloading(position: position) : nil
        case .complete: isResuming || isReloading ? .live : nil
        }
    }

    var isResuming: Bool { if case .resuming = self { true } else { false } }
    var isReloading: Bool { if case .reloading = self { true } else { false } }
}

/// How far a message written here is on its way, until the server has it.
enum OutgoingState: TransitionTable, Sendable, Hashable {
    /// On its way to the disk; not shown and not sent before it is there.
    case unsaved
    case waiting
    /// Given to a connection; whether it arrived is known only when it is answered.
    case inFlight
    /// Waits for the user's word: refused for good, not known to have arrived, or too old.
    case held

    enum Trigger: Sendable, Hashable {
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
