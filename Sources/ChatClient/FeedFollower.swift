import ChatWire

/// Follows a user's whole feed without storing it: hands on each message once and in order, across interruptions.
///
/// It connects as the `Reconnector` decides (rules 1–7 of `States.swift`). Its own rules:
/// 1. Without `since` the feed begins at its end at the time of the first connection. With `since`, the first
///    `auth_success` tells the epoch, and a second `auth` on the same connection resumes after that cursor. Messages in
///    between arrive again.
/// 2. A skipped cursor means that a message was missed: the link is given up and the feed resumed. The same happens if
///    messages are missing two seconds after the end of a resumed feed. If they are missing again at the end of the
///    next one, they are skipped and reported (`skipped`). A resumed feed that for thirty seconds neither ends nor
///    comes nearer to the cursor of `auth_success` is resumed on another link.
/// 3. An acknowledgement covers everything before it. So nothing is acknowledged unless everything from a given cursor
///    on was handed on.
/// 4. A message that could not be handed on is not acknowledged, and ends the follower.
/// 5. A server of protocol 1 sends only what arrives while the connection stands.
public struct FeedFollower: Sendable {
    private let user: UserID
    /// If set, only messages between the user and this peer are handed on.
    private let peer: UserID?
    private let since: Int?
    private var reconnector: Reconnector
    private var link = LinkState()
    /// The last position that was handed on; nil before the first connection to a server of protocol 2.
    private var position: FeedPosition?
    private var hasReportedCannotResume = false
    private var gap = FeedGap()
    private var hasSkipped = false

    /// The state that belongs to the link.
    private struct LinkState: Sendable {
        /// Where the feed ended at the authorisation. It continues from there if the server cannot continue at our
        /// position.
        var end: FeedPosition?
        /// Whether the server is sending missed messages and has not announced their end.
        var isResuming = false {
            didSet { if !isResuming { deadlines[.resumed] = nil } }
        }
        /// The last cursor that was handed on and is not acknowledged yet.
        var unacknowledged: Int?
        var deadlines = Deadlines<Deadline>()
    }

    private enum Deadline: Sendable, Hashable, CaseIterable {
        case resumed, acknowledge
    }

    enum Input: Sendable, Hashable {
        case start
        case opened(link: Int)
        case event(ServerEvent, link: Int)
        case malformed(String, link: Int)
        case ended(LinkEnd, link: Int)
        /// A deadline may have passed.
        case tick
        /// An update could not be handed on. None can be from now on.
        case deliveryFailed
        /// The machine slept for so long.
        case woke(after: Duration)
    }

    enum Effect: Sendable, Hashable {
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
        /// The server has other data than before, or an older state of it. The next message follows a gap.
        case restarted
        /// The messages with these cursors were requested twice and did not arrive, or cannot be read.
        case skipped(ClosedRange<Int>)
        /// The server is of protocol 1 and knows no cursors. Earlier messages are not available, nor those that arrived
        /// without a connection.
        case cannotResume
    }

    /// How long an acknowledgement waits, so that it covers several messages.
    private static let acknowledgeDelay: Duration = .milliseconds(200)

    public init(user: UserID, peer: UserID? = nil, since: Int? = nil, seed: UInt64) {
        self.user = user
        self.peer = peer
        self.since = since
        reconnector = Reconnector(seed: seed)
    }

    /// When `tick` is due, unless another input comes first.
    var nextDeadline: ContinuousClock.Instant? {
        [reconnector.nextDeadline, link.deadlines.next].compactMap(\.self).min()
    }

    mutating func handle(_ input: Input, now: Moment) -> [Effect] {
        switch input {
        case .start: return reconnect(.start, now)
        case .opened(let link): return isPresent(link) ? authorize(now) : []
        case .event(let event, let link): return isPresent(link) ? receive(event, now) : []
        case .malformed(let reason, let link): return isPresent(link) ? [.log(.badEvent(reason))] : []
        case .ended(let end, let link): return isPresent(link) ? reconnect(.ended(end), now) : []
        case .tick: return tick(now)
        case .deliveryFailed: return reconnect(.stop, now)
        case .woke(let sleep): return woke(after: sleep, now)
        }
    }

    private mutating func receive(_ event: ServerEvent, _ now: Moment) -> [Effect] {
        switch event {
        case .authSuccess(let success): return authorized(success, now)
        case .newMessage(let event): return received(event, now)
        case .resumeComplete(let cursor): resumed(upTo: cursor, now)
        case .resyncRequired: return resyncRequired()
        case .error(let failure):
            if reconnector.phase == .authorizing { return reconnect(.refused(failure.code), now) }
            return [.log(.refusedByServer(failure.code))]
        // These events do not concern the feed.
        case .messageSent, .delivered, .read, .typing, .presence, .tokenExpiring, .blocked, .unknown: break
        }
        return []
    }
}

// MARK: - Connecting

extension FeedFollower {
    private func isPresent(_ link: Int) -> Bool { link == reconnector.linkNumber }

    private mutating func reconnect(_ event: Reconnector.Event, _ now: Moment) -> [Effect] {
        reconnector.handle(event, now: now).compactMap { follow($0) }
    }

    private mutating func follow(_ effect: Reconnector.Effect) -> Effect? {
        switch effect {
        case .forgetLink:
            link = LinkState()
            return nil
        case .open(let link): return .open(link: link)
        case .close: return .close
        case .ping(let patience): return .ping(patience: patience)
        case .status(let status): return .update(.connection(status))
        case .log(let line): return .log(line)
        }
    }

    private mutating func authorize(_ now: Moment) -> [Effect] {
        let opened = reconnect(.opened, now)
        return opened.isEmpty ? [] : opened + [.authorize(user: user, resume: position)]
    }

    private mutating func authorized(_ event: ServerEvent.AuthSuccess, _ now: Moment) -> [Effect] {
        guard reconnector.phase == .authorizing else { return [] }
        let version = max(1, event.protocolVersion ?? 1)
        var effects: [Effect] = []
        if version >= 2 {
            let cursor = max(0, event.cursor ?? 0)
            let end = FeedPosition(epoch: event.epoch ?? "", cursor: cursor, messageID: event.messageID)
            if position == nil, let since {
                position = FeedPosition(epoch: end.epoch, cursor: since)
                return [.authorize(user: user, resume: position)]
            }
            link.isResuming = position != nil
            gap.resume(upTo: cursor)
            // If no message was received since that position, only this event names the message at it.
            if position == nil || position == FeedPosition(epoch: end.epoch, cursor: end.cursor) { position = end }
            link.end = end
        } else if since != nil || position != nil, !hasReportedCannotResume {
            hasReportedCannotResume = true
            effects = [.update(.cannotResume)]
        }
        if link.isResuming { link.deadlines[.resumed] = now.instant + gap.patience }
        return reconnect(.authorized(protocolVersion: version, event.limits ?? MessageLimits()), now) + effects
    }

    private mutating func resyncRequired() -> [Effect] {
        guard reconnector.phase.isOnline, let end = link.end else { return [] }
        position = end
        link.isResuming = false
        gap = FeedGap()
        return [.log(.resyncing), .update(.restarted)]
    }

    private mutating func woke(after sleep: Duration, _ now: Moment) -> [Effect] {
        let effects = reconnect(.woke(after: sleep), now)
        // Nothing could arrive during the sleep.
        if link.isResuming { link.deadlines[.resumed] = now.instant + gap.patience }
        return effects
    }

    private mutating func tick(_ now: Moment) -> [Effect] {
        var effects = reconnect(.tick, now)
        for deadline in Deadline.allCases where link.deadlines.take(deadline, at: now.instant) {
            switch deadline {
            case .resumed: effects += resumeTimedOut(now)
            case .acknowledge:
                if let cursor = link.unacknowledged { effects.append(.transmit(.ack(cursor: cursor))) }
                link.unacknowledged = nil
            }
        }
        return effects
    }
}

// MARK: - The feed

extension FeedFollower {
    private mutating func received(_ event: ServerEvent.NewMessage, _ now: Moment) -> [Effect] {
        guard case .online(let version) = reconnector.phase else { return [] }
        let message = event.message
        guard message.sender == user || message.receiver == user else { return [] }
        let stored = StoredMessage(
            message: message, cursor: event.cursor, clientMessageID: event.clientMessageID, product: event.product)
        if version >= 2 {
            guard let cursor = event.cursor, let position, cursor > position.cursor else { return [] }
            guard cursor == position.cursor + 1 else { return receivedEarly(cursor, now) }
            self.position = FeedPosition(epoch: position.epoch, cursor: cursor, messageID: message.id)
            feedProgressed(to: cursor, now)
            handedOn(cursor, now)
        }
        if let peer, !message.isBetween(user, peer) { return [] }
        return [.log(.received(message)), .update(.message(stored))]
    }

    /// A message that arrived before its turn. It is not handed on, since it arrives again. While the feed is resumed,
    /// the messages before it may still follow.
    private mutating func receivedEarly(_ cursor: Int, _ now: Moment) -> [Effect] {
        guard link.isResuming else { return reconnectAfterGap(now) }
        gap.receivedEarly(cursor)
        return []
    }

    /// Extends the deadline only for messages from before the authorisation. Later ones do not show that the resumed
    /// feed is progressing.
    private mutating func feedProgressed(to cursor: Int, _ now: Moment) {
        guard link.isResuming else { return }
        link.isResuming = !gap.isComplete(having: cursor)
        if link.isResuming, gap.isAnnounced(cursor) { link.deadlines[.resumed] = now.instant + gap.patience }
    }

    private mutating func resumed(upTo cursor: Int, _ now: Moment) {
        guard link.isResuming, !gap.hasEnded, let position else { return }
        gap.ended(at: cursor)
        link.isResuming = !gap.isComplete(having: position.cursor)
        if link.isResuming { link.deadlines[.resumed] = now.instant + gap.patience }
    }

    /// The deadline of the resumed feed has passed: its messages, or its end, are missing.
    private mutating func resumeTimedOut(_ now: Moment) -> [Effect] {
        guard let last = position?.cursor else { return [] }
        gap.close(having: last)
        return (gap.repeatedlyMissing(after: last).map { skip($0, now) } ?? []) + reconnectAfterGap(now)
    }

    private mutating func reconnectAfterGap(_ now: Moment) -> [Effect] {
        [.log(.missedMessages)] + reconnect(.giveUp(.lost), now)
    }

    /// Skips missing messages. The feed continues after them, so the next attempt may come soon.
    private mutating func skip(_ places: ClosedRange<Int>, _ now: Moment) -> [Effect] {
        hasSkipped = true
        position = position.map { FeedPosition(epoch: $0.epoch, cursor: places.upperBound) }
        return reconnect(.progressed, now) + [.log(.missedMessages), .update(.skipped(places))]
    }

    private mutating func handedOn(_ cursor: Int, _ now: Moment) {
        guard since != nil, peer == nil, !hasSkipped else { return }
        link.unacknowledged = cursor
        if link.deadlines[.acknowledge] == nil { link.deadlines[.acknowledge] = now.instant + Self.acknowledgeDelay }
    }
}
