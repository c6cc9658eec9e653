import ChatWire

/// Follows a user's whole feed without keeping it: what arrives is handed on once and in order, through interruptions.
///
///     idle ──start──▶ connecting ──opened──▶ authorizing ──auth_success──▶ online
///                      ▲      └──── ended ────────┴────────── ended ─────────┤
///                      └──────────── the wait is over ──── waiting ◀─────────┘   (or stopped)
///
/// Rules:
/// 1. Connecting, upgrading and `auth_success` have ten seconds together.
/// 2. Without `since` the feed begins where it ends at the first connection. With it, the first `auth_success` tells the
///    epoch, and a second `auth` on the same connection resumes after that cursor; what came in between comes again.
/// 3. A cursor that leaves one out means that something was missed: the link is given up and the feed resumed. So it is
///    where something is missing two seconds after a resumed feed's end. What the next one ends without as well is passed
///    over, and that is told. A resumed feed that for thirty seconds neither ends nor comes nearer to the cursor of
///    `auth_success` is resumed on another link.
/// 4. An acknowledgement covers all that is before it. So there is one only where all from a cursor on was handed on.
/// 5. What could not be handed on is not acknowledged, and ends it.
/// 6. A server of the first protocol gives what arrives while the connection stands, and nothing else.
public struct FeedFollower: Sendable {
    private let user: UserID
    /// Hands on only what was written with this user.
    private let peer: UserID?
    private let since: Int?
    private var phase: Phase = .idle
    private var link = 0
    private var attempt = 0
    private var backoff = Backoff()
    private var random: SplitMix64
    private var deadlines: [Deadline: ContinuousClock.Instant] = [:]
    /// What was handed on last. Nil before the first connection to a server of protocol 2.
    private var position: FeedPosition?
    /// Where the feed ended when the connection was authorised: where it goes on if it does not continue ours.
    private var end: FeedPosition?
    /// Handed on, and the server not told.
    private var unacknowledged: Int?
    private var saidThatSinceIsUnknown = false
    /// The server has refused the log-in, and did not close the connection yet.
    private var refusal: LinkEnd?
    /// The server sends what was missed, and did not say yet that this was all.
    private var isResuming = false {
        didSet { if !isResuming { deadlines[.resumed] = nil } }
    }
    private var gap = FeedGap()
    private var hasLeftOut = false

    private enum Phase: Sendable, Hashable {
        case idle, connecting, authorizing, waiting, stopped
        case online(protocolVersion: Int)
    }

    private enum Deadline: Sendable, Hashable, CaseIterable {
        case retry, connected, stable, resumed, acknowledge
    }

    public enum Input: Sendable, Hashable {
        case start
        case opened(link: Int)
        case event(ServerEvent, link: Int)
        case malformed(String, link: Int)
        case ended(LinkEnd, link: Int)
        /// A deadline may have passed.
        case tick
        /// What was handed on was not taken, and nothing will be any more.
        case notTaken
        /// The machine slept for so long.
        case woke(after: Duration)
    }

    public enum Effect: Sendable, Hashable {
        case open(link: Int)
        case authorize(user: UserID, resume: FeedPosition?)
        case transmit(ClientEvent)
        case ping(patience: Duration)
        case close
        case update(Update)
        case log(LogLine)
    }

    public enum Update: Sendable, Hashable {
        case message(StoredMessage)
        case connection(ConnectionStatus)
        /// The server has other data than before, or has not got so far: what comes next follows a gap.
        case beganAnew
        /// These cursors did not come, though they were asked for again, or cannot be read.
        case leftOut(ClosedRange<Int>)
        /// The server knows no cursors: what was before is not to be had, nor what came while there was no connection.
        case cannotResume
    }

    /// How long acknowledgements wait for more.
    private static let acknowledgeDelay: Duration = .milliseconds(200)

    public init(user: UserID, peer: UserID? = nil, since: Int? = nil, seed: UInt64) {
        self.user = user
        self.peer = peer
        self.since = since
        random = SplitMix64(seed: seed)
    }

    /// When `tick` is due, if nothing else happens before.
    public var nextDeadline: ContinuousClock.Instant? { deadlines.values.min() }

    public mutating func handle(_ input: Input, now: Moment) -> [Effect] {
        switch input {
        case .start: return phase == .idle ? connect(now) : []
        case .opened(let link): return link == self.link ? authorize() : []
        case .event(let event, let link): return link == self.link ? receive(event, now) : []
        case .malformed(let reason, let link): return link == self.link ? [.log(.badEvent(reason))] : []
        case .ended(let end, let link): return link == self.link ? disconnected(end, now) : []
        case .tick: return tick(now)
        case .notTaken: return notTaken()
        case .woke(let sleep): return [.log(.woke(after: sleep))] + woke(now)
        }
    }

    private mutating func receive(_ event: ServerEvent, _ now: Moment) -> [Effect] {
        switch event {
        case .authSuccess(let success): return authorized(success, now)
        case .newMessage(let event): return received(event, now)
        case .resumeComplete(let cursor): resumed(upTo: cursor, now)
        case .resyncRequired: return resyncRequired()
        case .error(let failure): return failed(failure, now)
        // The others say nothing of the feed, or follow from what was sent.
        default: break
        }
        return []
    }
}

// MARK: - Connecting

extension FeedFollower {
    private mutating func connect(_ now: Moment) -> [Effect] {
        link += 1
        attempt += 1
        phase = .connecting
        deadlines = [.connected: now.instant + .seconds(10)]
        return [.log(.connecting), .update(.connection(.connecting(attempt: attempt))), .open(link: link)]
    }

    private mutating func authorize() -> [Effect] {
        guard phase == .connecting else { return [] }
        phase = .authorizing
        return [.log(.connected), .authorize(user: user, resume: position)]
    }

    private mutating func authorized(_ event: ServerEvent.AuthSuccess, _ now: Moment) -> [Effect] {
        guard phase == .authorizing else { return [] }
        let version = max(1, event.protocolVersion ?? 1)
        var effects: [Effect] = []
        if version >= 2 {
            let cursor = max(0, event.cursor ?? 0)
            let end = FeedPosition(epoch: event.epoch ?? "", cursor: cursor, messageID: event.messageID)
            if position == nil, let since {
                position = FeedPosition(epoch: end.epoch, cursor: since)
                return [.authorize(user: user, resume: position)]
            }
            isResuming = position != nil
            gap.resume(upTo: cursor)
            // Where nothing was received since that place, only this tells which message stands there.
            if position == nil || position == FeedPosition(epoch: end.epoch, cursor: end.cursor) { position = end }
            self.end = end
        } else if since != nil || position != nil, !saidThatSinceIsUnknown {
            saidThatSinceIsUnknown = true
            effects = [.update(.cannotResume)]
        }
        phase = .online(protocolVersion: version)
        attempt = 0
        deadlines = [.stable: now.instant + .seconds(5)]
        if isResuming { deadlines[.resumed] = now.instant + gap.patience }
        return [.log(.authorized), .update(.connection(.online(limits: event.limits ?? MessageLimits())))] + effects
    }

    private mutating func resyncRequired() -> [Effect] {
        guard case .online = phase, let end else { return [] }
        position = end
        isResuming = false
        gap = FeedGap()
        return [.log(.resyncing), .update(.beganAnew)]
    }

    private mutating func failed(_ failure: ServerEvent.Failure, _ now: Moment) -> [Effect] {
        let log = Effect.log(.refusedByServer(failure.code))
        guard phase == .authorizing else { return [log] }
        guard let refusal = LinkEnd(refusal: failure.code) else { return [log, .close] + disconnected(.lost, now) }
        self.refusal = refusal
        deadlines[.connected] = now.instant + LinkEnd.refusalTime
        return [log]
    }

    private mutating func disconnected(_ end: LinkEnd, _ now: Moment) -> [Effect] {
        link += 1  // whatever the old link still says is ignored
        isResuming = false
        let end = end.isMute ? refusal ?? end : end
        refusal = nil
        // After a connection that did not last, a token that is as old would end the next one as well.
        let needsNewToken = end == .closed(code: 4004) && isOnline && deadlines[.stable] == nil
        deadlines = [:]
        unacknowledged = nil
        let log = Effect.log(.disconnected(end))
        switch end.remedy {
        case .time(atLeast: .zero) where needsNewToken: return [log] + connect(now)
        case .user:
            phase = .stopped
            return [log, .update(.connection(.stopped(after: end)))]
        case .time(let least):
            phase = .waiting
            let delay = max(backoff.next(at: now.instant, using: &random), least)
            deadlines[.retry] = now.instant + delay
            return [log, .update(.connection(.waiting(attempt: attempt + 1, delay: delay, after: end)))]
        }
    }

    private var isOnline: Bool {
        if case .online = phase { true } else { false }
    }

    private mutating func woke(_ now: Moment) -> [Effect] {
        switch phase {
        case .idle, .stopped: return []
        case .online:
            if isResuming { deadlines[.resumed] = now.instant + gap.patience }
            return [.ping(patience: .seconds(3))]
        case .waiting, .connecting, .authorizing:
            backoff.reset()
            return [.close] + connect(now)
        }
    }

    private mutating func tick(_ now: Moment) -> [Effect] {
        var effects: [Effect] = []
        for deadline in Deadline.allCases {
            guard let due = deadlines[deadline], due <= now.instant else { continue }
            deadlines[deadline] = nil
            switch deadline {
            case .retry: effects += connect(now)
            case .connected: effects += [.close] + disconnected(refusal ?? .timedOut, now)
            case .stable: backoff.reset()
            case .resumed: effects += lackedSome(now)
            case .acknowledge:
                if let cursor = unacknowledged { effects.append(.transmit(.ack(cursor: cursor))) }
                unacknowledged = nil
            }
        }
        return effects
    }
}

// MARK: - The feed

extension FeedFollower {
    private mutating func received(_ event: ServerEvent.NewMessage, _ now: Moment) -> [Effect] {
        guard case .online(let version) = phase else { return [] }
        let message = event.message
        guard message.sender == user || message.receiver == user else { return [] }
        let stored = StoredMessage(
            message: message, cursor: event.cursor, clientMessageID: event.clientMessageID, product: event.product)
        if version >= 2 {
            guard let cursor = event.cursor, let position, cursor > position.cursor else { return [] }
            guard cursor == position.cursor + 1 else { return cameEarly(cursor, now) }
            self.position = FeedPosition(epoch: position.epoch, cursor: cursor, messageID: message.id)
            wentOn(to: cursor, now)
            handedOn(cursor, now)
        }
        if let peer, !message.isBetween(user, peer) { return [] }
        return [.log(.received(message)), .update(.message(stored))]
    }

    /// It is not handed on: it comes again in its turn. While the feed is resumed, what it overtook may follow.
    private mutating func cameEarly(_ cursor: Int, _ now: Moment) -> [Effect] {
        guard isResuming else { return missed(now) }
        gap.cameEarly(cursor)
        return []
    }

    /// What was stored after the authorisation does not tell that the feed's end is still to come.
    private mutating func wentOn(to cursor: Int, _ now: Moment) {
        guard isResuming else { return }
        isResuming = !gap.isComplete(having: cursor)
        if isResuming, gap.isAnnounced(cursor) { deadlines[.resumed] = now.instant + gap.patience }
    }

    private mutating func resumed(upTo cursor: Int, _ now: Moment) {
        guard isResuming, !gap.hasEnded, let position else { return }
        gap.ended(at: cursor)
        isResuming = !gap.isComplete(having: position.cursor)
        if isResuming { deadlines[.resumed] = now.instant + gap.patience }
    }

    /// Neither the rest of the resumed feed came in time, nor its end, or not all that was before its end.
    private mutating func lackedSome(_ now: Moment) -> [Effect] {
        guard let last = position?.cursor else { return [] }
        gap.close(having: last)
        return (gap.leftOutAgain(behind: last).map { passOver($0) } ?? []) + missed(now)
    }

    private mutating func missed(_ now: Moment) -> [Effect] {
        [.log(.missedMessages), .close] + disconnected(.lost, now)
    }

    /// The feed goes on behind it, so the next attempt may come soon.
    private mutating func passOver(_ places: ClosedRange<Int>) -> [Effect] {
        hasLeftOut = true
        position = position.map { FeedPosition(epoch: $0.epoch, cursor: places.upperBound) }
        backoff.reset()
        return [.log(.missedMessages), .update(.leftOut(places))]
    }

    private mutating func notTaken() -> [Effect] {
        link += 1
        phase = .stopped
        deadlines = [:]
        unacknowledged = nil
        return [.close]
    }

    private mutating func handedOn(_ cursor: Int, _ now: Moment) {
        guard since != nil, peer == nil, !hasLeftOut else { return }
        unacknowledged = cursor
        if deadlines[.acknowledge] == nil { deadlines[.acknowledge] = now.instant + Self.acknowledgeDelay }
    }
}
