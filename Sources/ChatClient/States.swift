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
//  1. Connecting, upgrading and `auth_success` together may take ten seconds.
//  2. If a link ends, the next attempt follows after a wait with jitter, without an end. If another attempt cannot succeed,
//     the client stops until the user asks for one.
//  3. Waits are short again after a connection that stood for five seconds, after the machine's sleep, and when the user
//     asks for an attempt.
//  4. After the machine's sleep the client sends a ping, which the server has to answer within three seconds. If the link
//     ends before, the next attempt comes at once. An attempt from before the sleep is started again.
//  5. If the server warns that the token expires, the client reads a new one and sends it. If none came in time, the link
//     ends (4004), and the next attempt comes at once with the token read again. It does not come at once after a
//     connection that stood for less than five seconds: the token may still be the expired one.
//  6. A server that refuses the log-in has two seconds to close the connection. Its close code tells more than the refusal.
//  7. Reports of a link that was given up are ignored, and its state is discarded (`LinkState`).
//
// The feed on a connection of protocol 2 (`FeedState`):
//
//     unknown ──resume──▶ resuming ──complete──▶ live
//        │                   │resync              ▲
//        └────reload────▶ reloading ──complete────┘
//
//  8. A message that arrives is stored together with the feed's position in one transaction, then shown, then acknowledged.
//  9. A skipped cursor means that a message was missed: the link is given up and the feed resumed. The same happens if
//     messages are missing two seconds after the end of a resumed feed. If two resumed feeds in a row end without the same
//     messages, the server does not have them: the conversations are loaded anew.
// 10. A resumed feed that for thirty seconds neither ends nor comes nearer to the cursor of `auth_success` is resumed on
//     another link.
//
// A message written here (`OutgoingState`, moved by the `Delivery`). From any state it is removed once the server has it:
//
//     unsaved ──saved──▶ waiting ◀──postponed, requeued── inFlight
//                        ▲  │ └─────────sent─────────────────▲ │
//                released│  │held                              │held
//                        └─ held ◀─────────────────────────────┘
//
// 11. A message is stored before it is shown and sent.
// 12. After an interruption waiting messages are sent when the feed, or protocol 1's history, is complete. Messages older
//     than a day are sent only with the user's consent.
// 13. At most one message of a conversation is in flight; in protocol 1, one in all. If its answer does not come within ten
//     seconds, the client sends a ping. Ten seconds later it gives the link up (`AwaitedAnswers`).
// 14. In protocol 2 a message whose answer was lost is sent again under the same id, by which the server recognises it.
// 15. In protocol 1 the client looks for it in the history, and sends nothing before it has the history (`Confirmations`).
//     If the message is not there, the user decides: sending it again could store it twice.
// 16. After a temporary refusal nothing is sent for a while. After any other refusal the user decides.
// 17. A message that waits for the user's decision stays here while its conversation is open. Otherwise it is left for the
//     window that opens the conversation.
//
// The open conversation (`ConversationState`):
//
// 18. Another conversation may be opened at any time. The previous one's draft is stored, and answers about it are ignored.
//     The feed and the outbox belong to the user and continue.
//
// The history (`MissingHistory`):
//
// 19. A window with the list fetches the history that this machine does not have, the latest first: a page at a time, with
//     a second after each, and only while nothing is being sent or stored. A conversation whose answer does not help is
//     left until the next connection; after a failure of the server it waits ten minutes.

/// A state with all its transitions in one table.
protocol TransitionTable {
    associatedtype Trigger

    /// The next state; nil if the trigger does not apply to this state.
    func after(_ trigger: Trigger) -> Self?
}

extension TransitionTable {
    /// Moves to the next state.
    /// - Returns: false if the trigger does not apply, so that nothing changed.
    @discardableResult
    mutating func move(by trigger: Trigger) -> Bool {
        guard let next = after(trigger) else { return false }
        self = next
        return true
    }
}

/// The phase of the connection.
enum LinkPhase: TransitionTable, Sendable, Hashable {
    case idle
    /// The data for the first attempt is read from this machine's disk.
    case loading
    case connecting
    /// The WebSocket is open, and `auth` was sent.
    case authorizing
    case online(protocolVersion: Int)
    /// The next attempt comes without the user.
    case waiting
    /// The next attempt needs the user.
    case stopped

    enum Trigger: Sendable, Hashable {
        case load
        /// An attempt begins. An existing link was closed before.
        case connect
        case opened
        case authorized(protocolVersion: Int)
        /// The link ended, and another attempt may succeed.
        case failed
        /// The link ended, and another attempt needs a change by the user.
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

    /// Whether there is a link, connected or connecting.
    var hasLink: Bool {
        switch self {
        case .connecting, .authorizing, .online: true
        case .idle, .loading, .waiting, .stopped: false
        }
    }

    var isOnline: Bool { if case .online = self { true } else { false } }
}

/// How far the server has sent the feed on this connection.
enum FeedState: TransitionTable, Sendable, Hashable {
    /// Not authorised yet, or a server of protocol 1.
    case unknown
    /// The server sends the missed messages.
    ///
    /// `end` is where its feed ended at the authorisation. The feed continues there if the server cannot continue at
    /// our position.
    case resuming(end: FeedPosition)
    /// The server cannot continue at our position, so the conversation is fetched over HTTP. Meanwhile the feed has
    /// continued from its end to `position`. An interruption discards that position, so the next connection reloads
    /// again.
    case reloading(position: FeedPosition)
    case live

    enum Trigger: Sendable, Hashable {
        /// The feed resumes from our position; it now ends at `end`.
        case resume(end: FeedPosition)
        /// There is no position to resume from.
        case reload(end: FeedPosition)
        /// The server cannot continue at our position.
        case resync
        /// The next message arrived.
        case advance(to: FeedPosition)
        /// Everything has arrived.
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

/// The state of a message written here, until the server has it.
enum OutgoingState: TransitionTable, Sendable, Hashable {
    /// The message is being stored. It is not shown or sent before.
    case unsaved
    case waiting
    /// The message was sent. Only the answer tells whether it arrived.
    case inFlight
    /// The message waits for the user's decision: it was refused, may not have arrived, or is too old.
    case held

    enum Trigger: Sendable, Hashable {
        case saved
        /// The message was sent on a connection.
        case sent
        /// The server refused the message for a temporary reason.
        case postponed
        /// The connection ended, and the next server recognises repeated messages.
        case requeued
        case held
        /// The user wants the message sent again.
        case released
    }

    func after(_ trigger: Trigger) -> OutgoingState? {
        switch trigger {
        case .saved: self == .unsaved ? .waiting : nil
        case .sent: self == .waiting ? .inFlight : nil
        case .postponed, .requeued: self == .inFlight ? .waiting : nil
        case .held: self == .waiting || self == .inFlight ? .held : nil
        case .released: self == .held ? .waiting : nil
        }
    }
}
