import ChatWire

/// The conversation as lines, one after the other, for screen readers, logs and pipes. Whatever colour and place say on
/// the screen is said in words; the program's own lines begin with `--`, which no line of a message does.
public struct PlainConversation: Sendable {
    public enum Input: Sendable, Equatable {
        case event(Event)
        /// What the user wrote, up to Enter.
        case line(String)
    }

    public enum Output: Sendable, Equatable {
        /// Safe to show.
        case line(String)
        case effect(Effect)
    }

    let user: UserID
    let peer: UserID
    let texts: Texts
    /// Whoever reads the lines is told to the peer as having read them.
    private let tellsRead: Bool
    private let isPeerNameGiven: Bool
    private var peerName: UntrustedText?
    private let product: UntrustedText?

    var limits = MessageLimits()
    public private(set) var isOnline = false
    private var connectionTold: String?
    private var isStopped = false

    var transcript: Transcript
    /// Given to the disk, which has not answered.
    var unsaved: [String: (text: UntrustedText, createdAt: Timestamp)] = [:]
    /// Written in this program, and not confirmed yet.
    var writtenHere: Set<String> = []
    /// Written without a connection; waits for the user's word, and is the draft meanwhile.
    var kept: [String] = []
    /// Everything stored up to this message was shown.
    private var lastShown: String?
    private var shownDay: Int?
    /// Not caught up for the first time yet: what the user has not read is new.
    private var isStarting = true
    private var hasShownNew = false
    private var typingUntil: Timestamp?
    private var presenceTold: Bool?
    private var historyProblemTold: HistoryProblem?
    private var output: [Output] = []

    /// So many of the stored messages are shown at the start, and all that are new.
    private static let shownAtStart = 20

    public init(
        user: UserID, peer: UserID, peerName: UntrustedText? = nil, product: UntrustedText? = nil,
        language: Language = .russian, tellsRead: Bool
    ) {
        self.user = user
        self.peer = peer
        self.peerName = peerName
        self.product = product
        self.tellsRead = tellsRead
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
    /// Something that was written in this program was refused.
    public internal(set) var hasFailed = false
    /// When `tick` is due.
    public var nextTick: Timestamp? { typingUntil }

    public mutating func take(_ input: Input, in environment: Environment) -> [Output] {
        switch input {
        case .event(let event): take(event, in: environment)
        case .line(let text): take(line: text, in: environment)
        }
        noteRead()
        _ = transcript.dropFarMessages(from: nil)
        defer { output = [] }
        return output
    }

    private mutating func take(_ event: Event, in environment: Environment) {
        switch event {
        case .connection(let state): connectionChanged(to: state)
        case .caughtUp: caughtUp()
        case .history(let page, let hasOlder):
            transcript.merge(page.filter { $0.isBetween(user, peer) }, hasOlder: hasOlder)
            showNews(in: environment)
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
        case .typing: typed(now: environment.now)
        case .presence(let isOnline, let lastSeen): presenceChanged(isOnline, lastSeen, in: environment)
        case .draft(let text): restore(draft: text)
        case .peerNamed(let name): peerNamed(name)
        case .notice(let text): say(text)
        case .tick: if let typingUntil, typingUntil <= environment.now { self.typingUntil = nil }
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
        switch problem {
        case .notProvided: say(texts.notice(.historyNotProvided))
        case .failed(let reason): say(texts.notice(.historyFailed(UntrustedText(reason).displayed())))
        }
    }
}

// MARK: - The connection and the peer

extension PlainConversation {
    private mutating func connectionChanged(to state: ConnectionState) {
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
            if !wasOnline, let first = kept.first { say(texts.keptBefore(excerpt(UntrustedText(first)))) }
        }
        guard wasOnline, !isOnline else { return }
        typingUntil = nil
        let waiting = transcript.pending.count { $0.status == .waiting } + unsaved.count
        if waiting > 0 { say(texts.waiting(waiting)) }
    }

    private mutating func tellConnection(_ text: String) {
        guard text != connectionTold else { return }
        connectionTold = text
        say(text)
    }

    private mutating func typed(now: Timestamp) {
        guard isOnline else { return }
        if typingUntil == nil { say(texts.isTyping(shownPeerName)) }
        typingUntil = now.advanced(by: Presence.typingSpan)
    }

    private mutating func presenceChanged(_ isOnline: Bool, _ lastSeen: Timestamp?, in environment: Environment) {
        guard self.isOnline, presenceTold != isOnline else { return }
        presenceTold = isOnline
        if !isOnline { typingUntil = nil }
        // A line stays, so it tells no time that passes.
        let time = lastSeen.map { texts.dateAndTime(environment.localTime($0)) }
        say(texts.isThere(shownPeerName, isOnline, lastSeen: time))
    }
}

// MARK: - Messages

extension PlainConversation {
    private mutating func caughtUp() {
        guard isOnline else { return }
        if isStarting, transcript.isEmpty { say(texts.startConversation(with: shownPeerName)) }
        isStarting = false
    }

    private mutating func receive(_ message: Message, in environment: Environment) {
        guard message.isBetween(user, peer), transcript.append(message) else { return }
        if message.sender == peer { typingUntil = nil }
        guard let place = transcript.place(of: message.id) else { return }
        if place > shownPlace { showNews(in: environment) } else { show(place, in: environment) }
    }

    private var shownPlace: Int { lastShown.flatMap { transcript.place(of: $0) } ?? -1 }

    /// All stored messages behind the last one that was shown.
    private mutating func showNews(in environment: Environment) {
        var next = shownPlace + 1
        if lastShown == nil {
            let firstNew = transcript.marks.ownRead.place.map { $0 + 1 } ?? transcript.stored.count
            next = max(0, min(transcript.stored.count - Self.shownAtStart, firstNew))
        }
        while next < transcript.stored.count {
            show(next, in: environment)
            next += 1
        }
        if let last = transcript.stored.last { lastShown = last.id }
    }

    private mutating func show(_ index: Int, in environment: Environment) {
        let line = transcript.line(at: index)
        if index > 0, lastShown != nil, transcript.gap(behind: index - 1) == .hole { say(texts.hole) }
        let day = environment.localTime(line.time)
        if day.dayNumber != shownDay {
            shownDay = day.dayNumber
            say(texts.day(day, thisYear: environment.localTime(environment.now).year))
        }
        if isStarting, !hasShownNew, !line.isOwn, let read = transcript.marks.ownRead.place, index > read {
            hasShownNew = true
            say(texts.newMessages)
        }
        output.append(.line(text(of: line, at: day)))
    }

    /// Further rows of the text are indented, so that none is taken for a line of its own.
    private func text(of line: Transcript.Line, at time: CivilTime) -> String {
        let name = line.isOwn ? texts.you : shownPeerName
        let text = line.text.displayed(lineBreaks: .kept).replacing("\n", with: "\n    ")
        let state = line.isOwn ? " (\(words(for: line.state)))" : ""
        return "\(time.hour.twoDigits):\(time.minute.twoDigits) \(name): \(text)\(state)"
    }

    private func words(for state: Transcript.State) -> String {
        switch state {
        case .stored: return texts.stateSent
        case .delivered: return texts.stateDelivered
        case .read: return texts.stateRead
        case .unsent(.waiting): return texts.stateWaiting
        case .unsent(let status):
            let commands = texts.failedCommands(isFirstTry: status.wasNeverSent)
            return "\(texts.reason(for: status)); \(commands)"
        }
    }

    /// A mark moved: says how far, by the last of the user's own messages before it.
    private mutating func move(_ mark: WritableKeyPath<Marks, Watermark>, to id: String, saying state: String) {
        let before = transcript.marks[keyPath: mark].place ?? -1
        transcript.move(mark, to: id)
        guard let place = transcript.marks[keyPath: mark].place, place > before, place <= shownPlace,
            let own = transcript.stored[(before + 1)...place].last(where: { $0.sender == user })
        else { return }
        say(texts.upTo(state, excerpt(own.text)))
    }

    private mutating func noteRead() {
        guard tellsRead, let newest = transcript.newestOfPeer, newest <= shownPlace,
            !transcript.marks.shown.covers(newest)
        else { return }
        let id = transcript.stored[newest].id
        transcript.move(\.shown, to: id)
        if !transcript.marks.ownRead.covers(newest) { want(.markRead(upTo: id)) }
    }
}

// MARK: - Messages written here

extension PlainConversation {
    private mutating func settle(_ id: String, as state: OutgoingState, in environment: Environment) {
        if let (text, createdAt) = unsaved.removeValue(forKey: id) {
            transcript.putPending(.init(id: id, text: text, createdAt: createdAt, status: .waiting))
        }
        switch state {
        case .waiting: break
        case .stored(let message):
            transcript.removePending(id)
            writtenHere.remove(id)
            receive(message, in: environment)
        case .refused(let reason): fail(id, .refused(reason: reason), in: environment)
        case .unconfirmed: fail(id, .unconfirmed, in: environment)
        case .stale: fail(id, .stale, in: environment)
        case .notSaved(let reason): fail(id, .notSaved(reason: reason), in: environment)
        }
    }

    private mutating func fail(_ id: String, _ status: Transcript.Status, in environment: Environment) {
        guard transcript.setStatus(status, of: id) else { return }
        if writtenHere.contains(id) { hasFailed = true }
        showPending(id, in: environment)
    }

    private mutating func showPending(_ id: String, in environment: Environment) {
        guard let index = transcript.index(of: id), index >= transcript.stored.count else { return }
        let line = transcript.line(at: index)
        output.append(.line(text(of: line, at: environment.localTime(line.time))))
    }
}

extension Texts {
    fileprivate func reason(for status: Transcript.Status) -> String {
        switch status {
        case .waiting: stateWaiting
        case .refused(let reason), .notSaved(let reason): refused(UntrustedText(reason).displayed())
        case .unconfirmed: unconfirmed
        case .stale: refused(stale)
        }
    }
}
