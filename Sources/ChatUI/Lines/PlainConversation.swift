import ChatWire

/// The conversation as lines, one after the other, for screen readers, logs and pipes. Whatever colour and place say on
/// the screen is said in words; the program's own lines begin with `--`, which no line of a message does.
public struct PlainConversation: Sendable {
    public enum Input: Sendable, Equatable {
        case event(Event)
        /// What the user wrote, up to Enter.
        case line(String)
        /// A line that nobody kept, for it had far more bytes than a message may have.
        case tooLongLine(bytes: Int)
    }

    public enum Output: Sendable, Equatable {
        /// Safe to show.
        case line(String)
        case effect(Effect)
    }

    let user: UserID
    let peer: UserID
    let texts: Texts
    /// `tellsRead`: whoever reads the lines is told to the peer as having read them.
    let preferences: Preferences
    private let isPeerNameGiven: Bool
    private var peerName: UntrustedText?
    private let product: UntrustedText?

    var limits = MessageLimits()
    public private(set) var isOnline = false
    private var connectionTold: String?
    private var isStopped = false

    var transcript: Transcript
    /// Given to the disk, which has not answered.
    var unsaved: [ClientMessageID: (text: UntrustedText, createdAt: Timestamp)] = [:]
    /// Written in this program, and not confirmed yet.
    var writtenHere: Set<ClientMessageID> = []
    /// Written without a connection; waits for the user's word, and is the draft meanwhile.
    var kept: [String] = []
    /// Everything stored up to this message was shown.
    var lastShown: MessageID?
    var shownDay: Int?
    /// Not caught up for the first time yet: what the user has not read is new.
    var isStarting = true
    var hasShownNew = false
    /// Nothing is missed since the connection stands.
    var isCaughtUp = false
    /// The message behind which the last line stands that says that others may be missing.
    var gapTold: MessageID?
    var typingUntil: ContinuousClock.Instant?
    /// When to say that the history is on its way still.
    var loadingTold: ContinuousClock.Instant?
    /// Nil until the server says so.
    var isBlocked: Bool?
    var awaitedBlock: Bool?
    private var presenceTold: Bool?
    private var historyProblemTold: HistoryProblem?
    var output: [Output] = []

    /// So many of the stored messages are shown at the start, and all that are new.
    static let shownAtStart = 20

    public init(
        user: UserID, peer: UserID, peerName: UntrustedText? = nil, product: UntrustedText? = nil,
        language: Language = .russian, preferences: Preferences
    ) {
        self.user = user
        self.peer = peer
        self.peerName = peerName
        self.product = product
        self.preferences = preferences
        isPeerNameGiven = peerName != nil
        texts = Texts(language)
        transcript = Transcript(user: user)
    }

    /// What the conversation begins with.
    public var opening: String {
        "-- " + texts.opening(with: shownPeerName, product: product?.displayed(), you: user.displayed)
    }

    /// Nothing is on its way to the server or waits for a connection.
    public var isSettled: Bool { unsaved.isEmpty && !transcript.pending.contains { $0.status == .waiting } }
    /// Something needs the user's word before it goes.
    var hasUnsent: Bool { !kept.isEmpty || transcript.firstFailed != nil }
    /// Beside that, nothing that was asked for waits for its answer.
    public var isDone: Bool { isSettled && awaitedBlock == nil }
    /// Messages that the disk did not take: they are nowhere else.
    public var messagesOnlyHere: Int { transcript.pending.count(where: \.isOnlyHere) }
    /// Something that was written in this program was refused, or not done.
    public internal(set) var hasFailed = false
    /// When `tick` is due.
    public var nextTick: ContinuousClock.Instant? { [typingUntil, loadingTold].compactMap(\.self).min() }

    public mutating func take(_ input: Input, in environment: Environment) -> [Output] {
        switch input {
        case .event(let event): take(event, in: environment)
        case .line(let text): take(line: text, in: environment)
        case .tooLongLine(let bytes): refuse(.tooManyBytes(bytes, limit: limits.bytes))
        }
        noteRead()
        _ = transcript.dropFarMessages(from: nil)
        defer { output = [] }
        return output
    }

    private mutating func take(_ event: Event, in environment: Environment) {
        switch event {
        case .connection(let state): connectionChanged(to: state, now: environment.instant)
        case .caughtUp: caughtUp()
        case .pastUnknown: pastUnknown()
        case .history(let page, let hasOlder): take(page, in: environment) { $0.merge($1, hasOlder: hasOlder) }
        case .oldest(let page): take(page, in: environment) { $0.mergeOldest($1) }
        case .historyUnavailable(let problem): historyFailed(problem)
        case .received(let message): receive(message, in: environment)
        case .pending(let id, let text, let createdAt, let state):
            unsaved[id] = (text, createdAt)
            settle(id, as: state, in: environment)
            if state == .waiting { showPending(id, in: environment) }
        case .outgoing(let id, let state): settle(id, as: state, in: environment)
        case .delivered(let id): move(\.delivered, to: id, saying: texts.stateDelivered)
        case .read(let id):
            transcript.move(\.delivered, to: id)
            move(\.read, to: id, saying: texts.stateRead)
        case .ownRead(let id): transcript.move(\.ownRead, to: id)
        case .typing: typed(now: environment.instant)
        case .presence(let isOnline, let lastSeen): presenceChanged(isOnline, lastSeen, in: environment)
        case .draft(let text): restore(draft: text)
        case .blocked(let isBlocked): blocked(isBlocked)
        case .blockingFailed(let problem): blockingFailed(problem)
        case .peerNamed(let name): peerNamed(name)
        case .notKept(let reason, _): say("\(texts.nothingKept.asSentence): \(reason)")
        case .keptAgain: say(texts.keptAgain.asSentence)
        case .notice(let text): say(text)
        case .tick: timePassed(now: environment.instant)
        // The others are about a screen.
        default: break
        }
    }
}

// MARK: - Saying

extension PlainConversation {
    var shownPeerName: String {
        let name = MessageLimits.trimmed(peerName?.displayed() ?? "")
        return name.isEmpty ? peer.displayed : name
    }

    /// Words of the program, in which may be words of others.
    mutating func say(_ text: String) { output.append(.line("-- \(UntrustedText(text))")) }

    mutating func want(_ effect: Effect) { output.append(.effect(effect)) }

    /// The beginning of a text, in one line.
    func excerpt(_ text: UntrustedText) -> String {
        let text = text.displayed()
        return text.count > 40 ? text.prefix(39) + "…" : text
    }

    private mutating func peerNamed(_ name: UntrustedText) {
        guard !isPeerNameGiven, name != peerName else { return }
        let before = shownPeerName
        peerName = name
        if shownPeerName != before { say(texts.peerIsCalled(shownPeerName)) }
    }

    private mutating func historyFailed(_ problem: HistoryProblem) {
        guard problem != historyProblemTold else { return }
        historyProblemTold = problem
        say(texts.historyProblem(problem))
    }
}

// MARK: - The connection and the peer

extension PlainConversation {
    private mutating func timePassed(now: ContinuousClock.Instant) {
        if let typingUntil, typingUntil <= now { self.typingUntil = nil }
        if let loadingTold, loadingTold <= now {
            self.loadingTold = nil
            say(texts.historyLoading)
        }
    }

    private mutating func connectionChanged(to state: ConnectionState, now: ContinuousClock.Instant) {
        let wasOnline = isOnline
        isOnline = false
        switch state {
        case .connecting: if connectionTold == nil { tellConnection(texts.nowConnecting) }
        case .waiting(_, _, let problem): tellConnection(texts.connectionLost(problem))
        case .stopped(let problem):
            connectionTold = nil
            tellConnection(texts.notConnected(problem))
        case .online(let limits):
            self.limits = limits
            isOnline = true
            tellConnection(texts.nowOnline)
            if !wasOnline { offerKept() }
            if !isCaughtUp { loadingTold = now + AppState.loadingMoment }
        }
        guard !isOnline else { return }
        isCaughtUp = false
        loadingTold = nil
        transcript.openGapAtEnd()
        guard wasOnline else { return }
        typingUntil = nil
        let waiting = transcript.pending.count { $0.status == .waiting } + unsaved.count
        if waiting > 0 { say(texts.waiting(waiting)) }
    }

    private mutating func tellConnection(_ text: String) {
        guard text != connectionTold else { return }
        connectionTold = text
        say(text.asSentence)
    }

    private mutating func typed(now: ContinuousClock.Instant) {
        guard isOnline, preferences.showsTyping else { return }
        if typingUntil == nil { say(texts.isTyping(shownPeerName)) }
        typingUntil = now + Presence.typingSpan
    }

    private mutating func presenceChanged(_ isOnline: Bool, _ lastSeen: Timestamp?, in environment: Environment) {
        guard self.isOnline else { return }
        if !isOnline { typingUntil = nil }
        guard preferences.showsPresence, presenceTold != isOnline else { return }
        presenceTold = isOnline
        // A line stays, so it tells no time that passes.
        let thisYear = environment.localTime(environment.now).year
        let time = lastSeen.map { texts.dateAndTime(environment.localTime($0), thisYear: thisYear) }
        say(texts.isThere(shownPeerName, isOnline, lastSeen: time))
    }
}
