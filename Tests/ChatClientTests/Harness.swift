import ChatWire
import Testing

@testable import ChatClient

func user(_ id: String) -> UserID { UserID(id)! }
let (anna, bob, carl) = (user("анна"), user("bob"), user("carl"))

/// A session with a clock and a disk of its own. Its other effects are returned to the test.
struct Harness {
    var session = Session(user: anna, peer: bob, seed: 1)
    var now = Moment(instant: .now, wall: Timestamp(seconds: 1_700_000_000))
    /// The content of the disk when the program starts.
    var disk = StoredState()
    var inbox = StoredInbox()
    /// The peers whose conversations were loaded.
    private(set) var loads: [UserID] = []
    /// Why the disk cannot be read; nil if it can.
    var loadFailure: StoreFailure?
    /// Why the disk refuses transactions; nil if it does not.
    var diskFailure: StoreFailure?
    /// Whether transactions stay unanswered.
    var isDiskSlow = false
    private(set) var transactions: [[StoreChange]] = []
    /// How often messages of closed windows were requested.
    private(set) var adoptions = 0

    /// All changes that were given to the disk.
    var changes: [StoreChange] { transactions.flatMap { $0 } }

    /// The disk answers the running transaction.
    @discardableResult
    mutating func answerDisk(_ failure: StoreFailure? = nil) -> [Session.Effect] { handle(Self.answer(failure)) }

    private static func answer(_ failure: StoreFailure?) -> Session.Report { failure.map { .notStored($0) } ?? .stored }

    @discardableResult
    mutating func handle(_ command: Session.Command) -> [Session.Effect] { perform(session.handle(command, now: now)) }

    @discardableResult
    mutating func handle(_ report: Session.Report) -> [Session.Effect] { perform(session.handle(report, now: now)) }

    /// Answers the effects that concern the disk, and returns the others.
    private mutating func perform(_ wanted: [Session.Effect]) -> [Session.Effect] {
        var effects: [Session.Effect] = []
        for effect in wanted {
            switch effect {
            case .load(let peer, let opening):
                loads.append(peer)
                effects += handle(
                    .loaded(loadFailure.map { .failure($0) } ?? .success(disk), of: peer, opening: opening))
            case .readFlags: effects += handle(.flagsRead(.success(inbox.flags)))
            case .loadInbox: effects += handle(.inboxLoaded(loadFailure.map { .failure($0) } ?? .success(inbox)))
            case .store(let changes):
                transactions.append(changes)
                if !isDiskSlow { effects += answerDisk(diskFailure) }
            case .adoptUnsent: adoptions += 1
            default: effects.append(effect)
            }
        }
        return effects
    }

    /// Advances the clock from deadline to deadline.
    @discardableResult
    mutating func pass(_ duration: Duration) -> [Session.Effect] {
        let end = now.advanced(by: duration)
        var effects: [Session.Effect] = []
        while let next = session.nextDeadline, next <= end.instant {
            now = now.advanced(by: max(.zero, next - now.instant))
            effects += handle(.tick)
        }
        now = end
        return effects
    }

    var link: Int { session.linkNumber }

    @discardableResult
    mutating func event(_ event: ServerEvent) -> [Session.Effect] { handle(.event(event, link: link)) }

    @discardableResult
    mutating func history(_ messages: [Message], hasMore: Bool? = nil) -> [Session.Effect] {
        let page = HistoryPage(messages: messages.map { .init(message: $0) }, hasMore: hasMore)
        return handle(.history(.success(page), peer: session.peer ?? bob, before: nil, link: link))
    }

    @discardableResult
    mutating func goOnline(_ version: Int?) -> [Session.Effect] {
        if session.phase == .idle { handle(.start) }
        if session.phase == .waiting { handle(.reconnectNow) }
        handle(.opened(link: link))
        let effects = event(authSuccess(version))
        guard session.link.feed.isResuming else { return effects }
        return effects + event(.resumeComplete(cursor: session.position?.cursor ?? 0))
    }

    @discardableResult
    mutating func lose(_ end: LinkEnd = .lost) -> [Session.Effect] { handle(.ended(end, link: link)) }
}

func online(_ version: Int?, history: [Message]? = []) -> Harness {
    var harness = Harness()
    harness.goOnline(version)
    if let history { harness.history(history) }
    return harness
}

func message(_ id: MessageID, _ text: UntrustedText, from: UserID = anna, to: UserID = bob) -> Message {
    Message(id: id, sender: from, receiver: to, text: text, createdAt: Timestamp(seconds: 1_700_000_000))
}

func transmitted(_ effects: [Session.Effect]) -> [String] {
    effects.compactMap {
        if case .transmit(.message(let message)) = $0 {
            "\(message.clientMessageID ?? "?"):\(message.text)"
        } else {
            nil
        }
    }
}

func updates(_ effects: [Session.Effect]) -> [Update] {
    effects.compactMap { if case .update(let update) = $0 { update } else { nil } }
}

/// The answer of a server of this version. Its feed is empty unless `cursor` says otherwise.
func authSuccess(_ version: Int?, epoch: Epoch = "e", cursor: Int = 0, messageID: MessageID? = nil) -> ServerEvent {
    guard let version else { return .authSuccess(.init()) }
    return .authSuccess(.init(protocolVersion: version, epoch: epoch, cursor: cursor, messageID: messageID))
}

func sent(_ id: MessageID, client: ClientMessageID? = nil) -> ServerEvent {
    .messageSent(.init(messageID: id, clientMessageID: client))
}
