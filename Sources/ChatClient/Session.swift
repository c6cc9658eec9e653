import ChatWire

/// The client's side of the protocol for one conversation: connects, authorises, keeps the outbox, and reconnects
/// for ever.
///
///     idle ──start──▶ connecting ──opened──▶ authorizing ──auth_success──▶ online
///                      ▲      │                  │                           │
///                      │      └───── ended ──────┴────────── ended ──────────┤
///                      │                                                     ▼
///                      └──────── the wait is over, or the user's key ──── waiting      (or stopped)
///
/// Rules:
/// 1. Connecting, upgrading and `auth_success` have ten seconds together.
/// 2. At most one message is in flight. Without an answer for ten seconds the link has to prove that it lives, and
///    ten seconds later it is given up.
/// 3. Against protocol 2 a message whose confirmation was lost is sent again under the same id: the server knows it.
/// 4. Against protocol 1 it is looked for in the history, and nothing is sent before that is here. What is not found
///    waits for the user: sending it again could double it.
/// 5. The newest page of the history is fetched after every authorisation, once the connection is live: what arrives
///    in between is merged by message id.
/// 6. What comes from a link that was given up is ignored.
/// 7. After the machine's sleep the link has three seconds to prove that it lives. If it ends, the next attempt comes at
///    once.
public struct Session: Sendable {
    let user: UserID
    let peer: UserID
    let product: Product?
    var phase: Phase = .idle
    /// Counts links; names the present one.
    var link = 0
    /// Which attempt this is since the connection last stood.
    var attempt = 0
    var backoff = Backoff()
    var random: SplitMix64
    var deadlines: [Deadline: ContinuousClock.Instant] = [:]
    var outbox = Outbox()
    var history = HistoryState()
    /// Ids of the user's own messages that are accounted for, so that none is taken for the confirmation of another.
    var settledIDs: Set<UntrustedText> = []
    /// A whole history was seen, so that an own message which is not in `settledIDs` is a new one.
    var knowsOwnMessages = false

    enum Phase: Sendable, Hashable {
        case idle, waiting, connecting, authorizing, stopped
        case online(protocolVersion: Int)
    }

    enum Deadline: Sendable, Hashable, CaseIterable {
        /// The next attempt to connect.
        case retry
        /// Connecting, upgrading and authorising must be done.
        case connected
        /// The connection has stood long enough to count as good.
        case stable
        /// The message in flight should have been answered.
        case answer
        /// The ping sent for its sake should have led to an answer.
        case answerAfterPing
        /// A refused message may be sent again.
        case resend
        /// The history is asked for once more.
        case history
        /// The link has outlived the machine's sleep.
        case awake
    }

    struct HistoryState: Sendable, Hashable {
        /// The newest page was fetched, or cannot be had, since the connection stands.
        var isSettled = false
        var failures = 0
    }

    public enum Input: Sendable, Hashable {
        case start
        case opened(link: Int)
        case event(ServerEvent, link: Int)
        case malformed(String, link: Int)
        case ended(LinkEnd, link: Int)
        case history(Result<HistoryPage, HistoryFailure>, before: String?, link: Int)
        /// A deadline may have passed.
        case tick
        case send(id: String, text: String)
        /// Once more, what was refused or is not known to have arrived.
        case resend(id: String)
        case discard(id: String)
        case loadOlder(before: String)
        /// The user asks for an attempt now.
        case reconnectNow
        /// The machine slept for so long.
        case woke(after: Duration)
    }

    public enum Effect: Sendable, Hashable {
        case open(link: Int)
        case authorize(user: UserID)
        case transmit(ClientEvent)
        case ping(patience: Duration)
        case close
        case fetchHistory(before: String?, link: Int)
        case update(Update)
        case log(LogLine)
    }

    public init(user: UserID, peer: UserID, product: Product? = nil, seed: UInt64) {
        self.user = user
        self.peer = peer
        self.product = product
        random = SplitMix64(seed: seed)
    }

    /// When `tick` is due, if nothing else happens before.
    public var nextDeadline: ContinuousClock.Instant? { deadlines.values.min() }

    /// Messages that no server has confirmed.
    public var unconfirmedMessages: Int { outbox.entries.count }

    /// Whether messages are on their way on a connection that stands.
    public var isDelivering: Bool {
        guard case .online = phase else { return false }
        return outbox.entries.contains { $0.state != .held }
    }

    public mutating func handle(_ input: Input, now: Moment) -> [Effect] {
        switch input {
        case .start: return phase == .idle ? connect(now) : []
        case .opened(let link): return link == self.link ? authorize() : []
        case .event(let event, let link): return link == self.link ? receive(event, now) : []
        case .malformed(let reason, let link): return link == self.link ? [.log(.badEvent(reason))] : []
        case .ended(let end, let link): return link == self.link ? disconnected(end, now) : []
        case .history(let result, let before, let link): return receiveHistory(result, before: before, link: link, now)
        case .tick: return tick(now)
        case .send(let id, let text): return send(id: id, text: text, now)
        case .resend(let id): return resend(id: id, now)
        case .discard(let id): return discard(id: id, now)
        case .loadOlder(let before): return [.fetchHistory(before: before, link: link)]
        case .reconnectNow: return reconnectNow(now)
        case .woke(let sleep): return woke(after: sleep, now)
        }
    }
}

// MARK: - Deadlines

extension Session {
    private mutating func tick(_ now: Moment) -> [Effect] {
        var effects: [Effect] = []
        for deadline in Deadline.allCases {
            guard let due = deadlines[deadline], due <= now.instant else { continue }
            deadlines[deadline] = nil
            effects += passed(deadline, now)
        }
        return effects
    }

    private mutating func passed(_ deadline: Deadline, _ now: Moment) -> [Effect] {
        switch deadline {
        case .retry: return connect(now)
        case .connected: return giveUp(.timedOut, now)
        case .stable:
            backoff.reset()
            return []
        case .answer:
            deadlines[.answerAfterPing] = now.instant + .seconds(10)
            return [.ping(patience: .seconds(10))]
        case .answerAfterPing: return giveUp(.noPong, now)
        case .resend: return transmitNext(now)
        case .history: return [.fetchHistory(before: nil, link: link)]
        case .awake: return []
        }
    }
}

// MARK: - Connecting

extension Session {
    private mutating func connect(_ now: Moment) -> [Effect] {
        link += 1
        attempt += 1
        phase = .connecting
        history = HistoryState()
        deadlines = [.connected: now.instant + .seconds(10)]
        return [
            .log(.connecting), .update(.connection(.connecting(attempt: attempt))), .open(link: link),
        ]
    }

    private mutating func authorize() -> [Effect] {
        guard phase == .connecting else { return [] }
        phase = .authorizing
        return [.log(.connected), .authorize(user: user)]
    }

    private mutating func authorized(_ event: ServerEvent.AuthSuccess, _ now: Moment) -> [Effect] {
        guard phase == .authorizing else { return [] }
        phase = .online(protocolVersion: event.protocolVersion ?? 1)
        attempt = 0
        deadlines[.connected] = nil
        deadlines[.stable] = now.instant + .seconds(5)
        return [
            .log(.authorized), .update(.connection(.online(limits: event.limits ?? MessageLimits()))),
            .fetchHistory(before: nil, link: link),
        ] + resumeOutbox(now)
    }

    private mutating func reconnectNow(_ now: Moment) -> [Effect] {
        switch phase {
        case .idle: return []
        case .waiting, .stopped:
            backoff.reset()
            return connect(now)
        case .connecting, .authorizing, .online:
            backoff.reset()
            return [.close] + connect(now)
        }
    }

    private mutating func woke(after sleep: Duration, _ now: Moment) -> [Effect] {
        backoff.reset()
        let log = Effect.log(.woke(after: sleep))
        switch phase {
        case .idle, .stopped: return [log]
        case .waiting: return [log] + connect(now)
        case .connecting, .authorizing: return [log, .close] + connect(now)
        case .online:
            // In sleep no answer could come.
            deadlines[.answerAfterPing] = nil
            if outbox.inFlight != nil { deadlines[.answer] = now.instant + .seconds(10) }
            deadlines[.awake] = now.instant + .seconds(4)
            return [log, .ping(patience: .seconds(3))]
        }
    }

    private mutating func giveUp(_ end: LinkEnd, _ now: Moment) -> [Effect] {
        [.close] + disconnected(end, now)
    }

    private mutating func disconnected(_ end: LinkEnd, _ now: Moment) -> [Effect] {
        link += 1  // whatever the old link still says is ignored
        let diedInSleep = deadlines[.awake] != nil
        deadlines = [:]
        switch end.remedy {
        case .time(atLeast: .zero) where diedInSleep:
            return [.log(.disconnected(end))] + connect(now)
        case .user:
            phase = .stopped
            return [.log(.disconnected(end)), .update(.connection(.stopped(after: end)))]
        case .time(let least):
            phase = .waiting
            let delay = max(backoff.next(at: now.instant, using: &random), least)
            deadlines[.retry] = now.instant + delay
            return [
                .log(.disconnected(end)),
                .update(.connection(.waiting(attempt: attempt + 1, delay: delay, after: end))),
            ]
        }
    }
}

extension LinkEnd {
    enum Remedy {
        /// Try again, but not before so long.
        case time(atLeast: Duration)
        /// Trying again changes nothing: the user has to do something.
        case user
    }

    var remedy: Remedy {
        switch self {
        case .refused(status: 401), .refused(status: 403), .unusable: .user
        case .closed(let code?) where (4500...4999).contains(code): .user
        // It may be a hotel's network, so it is tried again, but slowly.
        case .certificate: .time(atLeast: .seconds(30))
        case .notStarted: .time(atLeast: .seconds(5))
        default: .time(atLeast: .zero)
        }
    }
}

// MARK: - Receiving

extension Session {
    private mutating func receive(_ event: ServerEvent, _ now: Moment) -> [Effect] {
        switch event {
        case .authSuccess(let success): return authorized(success, now)
        case .messageSent(let confirmation): return confirmed(confirmation, now)
        case .newMessage(let event): return received(event, now)
        case .error(let failure): return failed(failure, now)
        case .resumeComplete, .resyncRequired, .delivered, .read, .typing, .presence, .unknown: return []
        }
    }

    private mutating func received(_ event: ServerEvent.NewMessage, _ now: Moment) -> [Effect] {
        guard event.message.isBetween(user, peer) else { return [] }
        if event.message.sender == user {
            // Written here, confirmed to a connection that broke: this is the confirmation as well.
            if let id = event.clientMessageID, outbox[id] != nil {
                return stored(id, as: event.message) + transmitNext(now)
            }
            settledIDs.insert(UntrustedText(event.message.id))
        }
        return [.log(.received(event.message)), .update(.received(event.message, product: event.product))]
    }

    private mutating func failed(_ failure: ServerEvent.Failure, _ now: Moment) -> [Effect] {
        switch phase {
        case .online: return refused(failure, now)
        case .authorizing:
            let isFinal = failure.code == .notAuthorized || failure.code == .forbidden
            return [.log(.refusedByServer(failure.code))] + giveUp(isFinal ? .closed(code: 4500) : .lost, now)
        case .idle, .waiting, .connecting, .stopped: return []
        }
    }
}
