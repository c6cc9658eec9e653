import ChatWire

/// Decides when to connect, how long an attempt may take, and when to try again: rules 1–7 of `States.swift`. The owner
/// handles what arrives on the links.
struct Reconnector: Sendable {
    private(set) var phase: LinkPhase = .idle
    /// The number of the present link. Without a link it is a number that no link has.
    private(set) var linkNumber = 0
    /// The number of the attempt since the last authorised connection.
    private var attempt = 0
    private var backoff = Backoff()
    private var random: SplitMix64
    private var deadlines = Deadlines<Deadline>()
    /// The reason for which the server refused the log-in, until the connection ends.
    private var refusal: LinkEnd?

    private enum Deadline: Sendable, Hashable, CaseIterable {
        /// The next attempt is due.
        case retry
        /// Connecting, upgrading and authorising should be done.
        case connected
        /// The connection is stable from now on.
        case stable
        /// The ping after the machine's sleep was answered, or the link has ended.
        case awake
    }

    enum Event: Sendable, Hashable {
        /// Stored data is read before the first attempt.
        case load
        case start
        /// The WebSocket is open.
        case opened
        case authorized(protocolVersion: Int, MessageLimits)
        /// The server refused to authorise.
        case refused(ErrorCode?)
        /// The link has ended.
        case ended(LinkEnd)
        /// The link is useless and has to be closed.
        case giveUp(LinkEnd)
        /// The user asks for an attempt.
        case connectNow
        /// Another link has to replace this one.
        case replaceLink
        /// The machine slept for so long.
        case woke(after: Duration)
        /// There was progress, so waits become short again.
        case progressed
        /// The server is not needed any more.
        case stop
        /// A deadline may have passed.
        case tick
    }

    enum Effect: Sendable, Hashable {
        /// Reset the state that belongs to the link.
        case forgetLink
        case open(link: Int)
        case close
        case ping(patience: Duration)
        case status(ConnectionStatus)
        case log(LogLine)
    }

    private static let connectTime: Duration = .seconds(10)
    private static let stableTime: Duration = .seconds(5)
    private static let pingPatience: Duration = .seconds(3)
    /// One second more than the ping's patience, so that a missing pong ends the link first.
    private static let wakingTime: Duration = .seconds(4)
    /// How long a server may take to close the connection after it refused the log-in. A server of protocol 1 may leave
    /// it open.
    private static let refusalTime: Duration = .seconds(2)

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// When `tick` is due, unless another event comes first.
    var nextDeadline: ContinuousClock.Instant? { deadlines.next }

    mutating func handle(_ event: Event, now: Moment) -> [Effect] {
        switch event {
        case .load:
            phase.move(by: .load)
            return []
        case .start: return phase == .idle || phase == .loading ? connect(now) : []
        case .opened: return phase.move(by: .opened) ? [.log(.connected)] : []
        case .authorized(let version, let limits): return authorized(version, limits, now)
        case .refused(let code): return refused(code, now)
        case .ended(let end): return ended(end, now)
        case .giveUp(let end): return giveUp(end, now)
        case .connectNow: return connectNow(now)
        case .replaceLink: return phase.hasLink ? [.close] + connect(now) : []
        case .woke(let sleep): return [.log(.woke(after: sleep))] + woke(now)
        case .progressed:
            backoff.reset()
            return []
        case .stop: return stop()
        case .tick: return tick(now)
        }
    }

    private mutating func forgetLink() -> Effect {
        // Reports of the old link are ignored from now on.
        linkNumber += 1
        deadlines = Deadlines()
        refusal = nil
        return .forgetLink
    }
}

// MARK: - Connecting

extension Reconnector {
    private mutating func connect(_ now: Moment) -> [Effect] {
        let forget = forgetLink()
        phase.move(by: .connect)
        attempt += 1
        deadlines[.connected] = now.instant + Self.connectTime
        return [forget, .log(.connecting), .status(.connecting(attempt: attempt)), .open(link: linkNumber)]
    }

    private mutating func authorized(_ version: Int, _ limits: MessageLimits, _ now: Moment) -> [Effect] {
        guard phase.move(by: .authorized(protocolVersion: version)) else { return [] }
        attempt = 0
        deadlines[.connected] = nil
        deadlines[.stable] = now.instant + Self.stableTime
        return [.log(.authorized), .status(.online(limits: limits))]
    }

    private mutating func refused(_ code: ErrorCode?, _ now: Moment) -> [Effect] {
        guard phase == .authorizing else { return [] }
        let log = Effect.log(.refusedByServer(code))
        guard let refusal = LinkEnd(refusal: code) else { return [log] + giveUp(.lost, now) }
        // The close code tells more than this error: another user's token, a ban, an expired token.
        self.refusal = refusal
        deadlines[.connected] = now.instant + Self.refusalTime
        return [log]
    }

    private mutating func connectNow(_ now: Moment) -> [Effect] {
        if phase == .idle || phase == .loading { return [] }
        backoff.reset()
        return (phase.hasLink ? [.close] : []) + connect(now)
    }

    private mutating func woke(_ now: Moment) -> [Effect] {
        backoff.reset()
        switch phase {
        case .idle, .loading, .stopped: return []
        case .waiting: return connect(now)
        case .connecting, .authorizing: return [.close] + connect(now)
        case .online:
            deadlines[.awake] = now.instant + Self.wakingTime
            return [.ping(patience: Self.pingPatience)]
        }
    }
}

// MARK: - The link's end

extension Reconnector {
    private mutating func giveUp(_ end: LinkEnd, _ now: Moment) -> [Effect] {
        phase.hasLink ? [.close] + ended(end, now) : []
    }

    private mutating func ended(_ end: LinkEnd, _ now: Moment) -> [Effect] {
        guard phase.hasLink else { return [] }
        let end = end.isMute ? refusal ?? end : end
        let isTriedAtOnce = endedAfterSleep || needsNewToken(end)
        let forgotten: [Effect] = [forgetLink(), .log(.disconnected(end))]
        switch end.remedy {
        case .time(atLeast: .zero) where isTriedAtOnce: return forgotten + connect(now)
        case .user:
            phase.move(by: .stopped)
            return forgotten + [.status(.stopped(after: end))]
        case .time(let least):
            phase.move(by: .failed)
            let delay = max(backoff.next(at: now.instant, using: &random), least)
            let retryAt = now.instant + delay
            deadlines[.retry] = retryAt
            return forgotten + [.status(.waiting(attempt: attempt + 1, retryAt: retryAt, after: end))]
        }
    }

    private var endedAfterSleep: Bool { deadlines[.awake] != nil }

    /// After a connection that was not stable, a token as old as the last one would end the next connection as well.
    private func needsNewToken(_ end: LinkEnd) -> Bool {
        end == .closed(code: 4004) && phase.isOnline && deadlines[.stable] == nil
    }

    private mutating func stop() -> [Effect] {
        let forget = forgetLink()
        phase.move(by: .stopped)
        return [forget, .close]
    }

    private mutating func tick(_ now: Moment) -> [Effect] {
        var effects: [Effect] = []
        for deadline in Deadline.allCases where deadlines.take(deadline, at: now.instant) {
            switch deadline {
            case .retry: effects += connect(now)
            case .connected: effects += giveUp(refusal ?? .timedOut, now)
            case .stable: backoff.reset()
            case .awake: break
            }
        }
        return effects
    }
}
