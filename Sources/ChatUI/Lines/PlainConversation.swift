import ChatWire
import ClientUpdates

/// The conversation as lines of text, for screen readers, logs and pipes. What the screen shows by colour and position
/// is said in words. The program's own lines begin with `--`; no line of a message does.
public struct PlainConversation: Sendable {
    public enum Input: Sendable, Equatable {
        case event(Event)
        /// A line that the user typed, without the line break.
        case line(String)
        /// A line that was discarded because it had far more bytes than a message may have.
        case tooLongLine(bytes: Int)
        /// A line that was thrown away, because its bytes are not UTF-8.
        case notUTF8Line
    }

    public enum Output: Sendable, Equatable {
        /// A line to print. It is safe to show.
        case line(String)
        case effect(Effect)
    }

    private(set) var texts: Texts
    let preferences: Preferences
    /// Whether a person sees the lines. Messages that go to a file or a pipe do not count as read.
    private let hasReader: Bool

    var limits = MessageLimits()
    public private(set) var isOnline = false
    private var reportedConnection: String?

    var state: ConversationState
    /// Messages that were written in this run and are not confirmed yet.
    var writtenHere: Set<ClientMessageID> = []
    /// Lines that were typed without a connection, with what each is about. They are saved as the draft until the user
    /// decides.
    var unsentLines: [Draft] = []
    /// The last stored message that was shown.
    var lastShown: MessageID?
    var shownDay: Int?
    /// The product of the last shown message that named one.
    var shownProduct: Product?
    /// What the user was told last of what the marketplace says about the product.
    var toldListing: Listing?
    /// Whether the line that marks new messages was written.
    var hasShownUnreadMarker = false
    /// The last message after which a gap was reported.
    var reportedGap: MessageID?
    /// When to report that the history is still being loaded.
    var loadingNoticeTime: ContinuousClock.Instant?
    private var reportedPresence: Bool?
    private var reportedHistoryFailure: String?
    var output: [Output] = []

    /// The number of stored messages that are shown at the start. Unread messages are shown in addition.
    static let shownAtStart = 20

    public init(
        user: UserID, peer: UserID, peerName: UntrustedText? = nil, product: Product? = nil,
        language: Language = .russian, preferences: Preferences, server: ServerLabel, hasReader: Bool
    ) {
        self.preferences = preferences
        self.hasReader = hasReader
        texts = Texts(language)
        texts.server = server
        state = ConversationState(
            user: user, peer: peer, peerName: OverridableText(override: peerName),
            products: ConversationProducts(chosen: product))
    }

    /// The first line of the output.
    public var opening: String {
        "-- "
            + texts.opening(
                with: state.peerDisplayName, product: state.subject(of: nil)?.label?.displayed(),
                you: state.user.displayed)
    }

    /// The second line, for a person whose locale is English. Nil if there is none.
    public var openingInEnglish: String? {
        hasReader ? preferences.englishHint.map { "-- " + Texts.lineInEnglish($0) } : nil
    }

    var transcript: Transcript { state.transcript }

    /// Whether no message is on its way or waits for a connection.
    public var isSettled: Bool { state.unsaved.isEmpty && !transcript.pending.contains { $0.status == .waiting } }
    /// Whether a failed message or an unsent line waits for the user's decision.
    var hasUnsent: Bool { !unsentLines.isEmpty || transcript.firstFailed != nil }
    /// Whether it is settled and no other request waits for its answer.
    public var isDone: Bool { isSettled && state.blocking.requested == nil }
    /// The number of messages that could not be saved on disk. They are lost when the program ends.
    public var messagesOnlyInMemory: Int { transcript.onlyInMemory }
    /// Whether a message was refused or a command could not be performed.
    public internal(set) var hasFailed = false
    /// When the next `tick` is due. Nil if none is.
    public var nextTick: ContinuousClock.Instant? { [state.typingUntil, loadingNoticeTime].compactMap(\.self).min() }

    public mutating func handle(_ input: Input, in environment: Environment) -> [Output] {
        switch input {
        case .event(let event): handle(event, in: environment)
        case .line(let text): handle(line: text, in: environment)
        case .tooLongLine(let bytes): refuse(.tooManyBytes(bytes, limit: limits.bytes))
        case .notUTF8Line:
            hasFailed = true
            say(texts.notSent(texts.notUTF8))
        }
        if hasReader { noteRead() }
        _ = state.transcript.dropFarMessages(from: nil)
        defer { output = [] }
        return output
    }

    private mutating func handle(_ event: Event, in environment: Environment) {
        switch event {
        case .client(let news): handle(news, in: environment)
        case .disk(let problem): problem.isForGood ? notKept(texts.disk(problem)) : say(texts.disk(problem).asSentence)
        case .leavingLoses(let remains): say(texts.leavingLoses(remains).asSentence)
        case .listings(let listings): for listing in listings { learn(listing) }
        case .tick: timePassed(now: environment.instant)
        case .input, .resized, .edited, .otherProgram, .copied, .notCopiedByProgram: break  // only a screen has these
        }
    }

    private mutating func handle(_ news: Update, in environment: Environment) {
        switch news {
        case .connection(let status): connectionChanged(to: status, now: environment.instant)
        case .caughtUp: caughtUp()
        case .pastUnknown: pastStaysUnknown()
        case .serverRestored:
            state.transcript.freezeStates()
            say(texts.serverRestored.asSentence)
        case .history(let page, let hasOlder):
            state.merge(page) { $0.merge($1, hasOlder: hasOlder) }
            showNewMessages(in: environment)
        case .oldest(let page):
            state.merge(page) { $0.mergeOldest($1) }
            showNewMessages(in: environment)
        case .historyUnavailable(let failure): historyFailed(failure)
        case .received(let message): receive(message, in: environment)
        case .unsent(let message, let status):
            state.beginSaving(
                message.id, UntrustedText(message.text), about: message.product, createdAt: message.createdAt)
            settle(message.id, as: .unsent(status), in: environment)
            if status == .waiting { showPending(message.id, in: environment) }
        case .outgoing(let id, let status): settle(id, as: status, in: environment)
        case .profile(let name, let product):
            if let name { peerNamed(name) }
            if let product { state.products.isAbout(product) }
        case .products(let products): for product in products { state.products.note(product, isNewest: false) }
        case .marked(let mark): marked(mark)
        case .typing: typed(now: environment.instant)
        case .presence(let isOnline, let lastSeen): presenceChanged(isOnline, lastSeen, in: environment)
        case .draft(let draft): restore(draft)
        case .blocked(let isBlocked): blocked(isBlocked)
        case .blockingFailed(let failure): blockingFailed(failure)
        case .storeFailed(let failure): notKept(texts.storeFailed(failure))
        case .storeRecovered: say(texts.keptAgain.asSentence)
        case .postponed: break  // the message is still shown as waiting
        // There is no scrolling here, and only one conversation.
        case .newer, .around, .beginning, .since, .searchResults, .found, .opened, .conversations, .drafts,
            .unsentElsewhere,
            .missingStored, .conversationNotes, .conversationsComplete, .conversationsUnavailable:
            break
        }
    }

    private mutating func notKept(_ reason: String) { say(reason.asSentence) }

    private mutating func marked(_ mark: ConversationMark) {
        if mark.user == state.user {
            if let id = mark.read { state.transcript.move(\.ownRead, to: id) }
            return
        }
        if let id = mark.delivered { move(\.delivered, to: id, saying: texts.stateDelivered) }
        if let id = mark.read {
            state.transcript.move(\.delivered, to: id)
            move(\.read, to: id, saying: texts.stateRead)
        }
    }
}

// MARK: - Saying

extension PlainConversation {
    /// Writes a line of the program. It may quote text of others.
    mutating func say(_ text: String) { output.append(.line("-- \(UntrustedText(text))")) }

    mutating func emit(_ effect: Effect) { output.append(.effect(effect)) }

    /// The beginning of a text, in one line.
    func excerpt(_ text: UntrustedText) -> String {
        let text = text.displayed()
        return text.count > 40 ? text.prefix(39) + "…" : text
    }

    private mutating func peerNamed(_ name: UntrustedText) {
        let before = state.peerDisplayName
        state.peerName.fromServer = name
        if state.peerDisplayName != before { say(texts.peerIsCalled(state.peerDisplayName)) }
    }

    private mutating func historyFailed(_ failure: HistoryFailure) {
        let sentence = texts.historyUnavailable(failure)
        guard sentence != reportedHistoryFailure else { return }
        reportedHistoryFailure = sentence
        say(sentence)
    }
}

// MARK: - The connection and the peer

extension PlainConversation {
    private mutating func timePassed(now: ContinuousClock.Instant) {
        state.timePassed(now: now)
        if let loadingNoticeTime, loadingNoticeTime <= now {
            self.loadingNoticeTime = nil
            say(texts.historyLoading)
        }
    }

    private mutating func connectionChanged(to status: ConnectionStatus, now: ContinuousClock.Instant) {
        let wasOnline = isOnline
        isOnline = false
        switch status {
        case .connecting: if reportedConnection == nil { reportConnection(texts.connecting) }
        case .waiting(_, _, let end):
            reportConnection(texts.connectionLost(texts.problem(end)))
        case .stopped(let end):
            reportedConnection = nil
            reportConnection(texts.notConnected(texts.unreachable(texts.problem(end))))
        case .online(let limits):
            self.limits = limits
            isOnline = true
            reportConnection(texts.nowOnline)
            if !wasOnline { reportUnsentLines() }
            if !state.isCaughtUp { loadingNoticeTime = now + AppState.loadingNoticeDelay }
        }
        guard !isOnline else { return }
        loadingNoticeTime = nil
        state.connectionLost()
        guard wasOnline else { return }
        let waiting = transcript.pending.count { $0.status == .waiting } + state.unsaved.count
        if waiting > 0 { say(texts.waiting(waiting)) }
    }

    private mutating func reportConnection(_ text: String) {
        guard text != reportedConnection else { return }
        reportedConnection = text
        say(text.asSentence)
    }

    private mutating func typed(now: ContinuousClock.Instant) {
        guard isOnline, preferences.showsTyping else { return }
        if state.typingUntil == nil { say(texts.isTyping(state.peerDisplayName)) }
        state.typed(now: now)
    }

    private mutating func presenceChanged(_ isOnline: Bool, _ lastSeen: Timestamp?, in environment: Environment) {
        guard self.isOnline else { return }
        state.presenceChanged(isOnline: isOnline, lastSeen: lastSeen)
        guard preferences.showsPresence, reportedPresence != isOnline else { return }
        reportedPresence = isOnline
        // The line remains, so it shows an absolute time.
        let thisYear = environment.localTime(environment.now).year
        let time = lastSeen.map { texts.dateAndTime(environment.localTime($0), thisYear: thisYear) }
        say(texts.isThere(state.peerDisplayName, isOnline, lastSeen: time))
    }
}
