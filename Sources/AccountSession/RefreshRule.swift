import ChatWire
import Supabase

/// The present time by two clocks: a monotonic one that also counts sleep, and the calendar's.
public struct SessionTime: Sendable, Hashable {
    public var instant: ContinuousClock.Instant
    public var wall: Timestamp

    public init(instant: ContinuousClock.Instant, wall: Timestamp) {
        (self.instant, self.wall) = (instant, wall)
    }

    public func advanced(by duration: Duration) -> SessionTime {
        SessionTime(instant: instant + duration, wall: wall.advanced(by: duration))
    }
}

/// Decides what to do for a token. It does nothing itself.
///
/// A token that this process received is timed by the monotonic clock. Another one is timed by the calendar of this
/// machine, from when it arrived until now. The service's own clock does not matter for either, so this machine's may be
/// wrong by any amount, as long as it is not changed. If it was changed, the estimate is wrong for once: a token that is
/// used for too long is refused, and then it is refreshed whatever the clocks say.
enum RefreshRule {
    enum Step: Hashable {
        case use(String)
        case refresh(StoredAccount.Tokens)
        case fail(AccountProblem)
    }

    /// A token that was received by this process.
    struct Receipt: Hashable, Sendable {
        var access: String
        var instant: ContinuousClock.Instant
    }

    /// A token that is refused so soon after it arrived is not refused for its age, and a new one would be refused, too.
    static let minAge: Duration = .seconds(30)

    /// The time before a token's end from when it is replaced.
    static func margin(_ lifetime: Duration) -> Duration { min(.seconds(120), lifetime / 4) }

    /// - Parameters:
    ///   - owner: Whose session the process began with; nil if it does not matter.
    ///   - rejected: The token that the server rejected or calls about to end.
    static func step(
        _ account: StoredAccount?, owner: StoredAccount.Owner?, receipt: Receipt?, rejected: String?, now: SessionTime
    ) -> Step {
        guard let account else { return .fail(.notLoggedIn) }
        if let owner, account.owner != owner { return .fail(.otherUser(account.user.id)) }
        switch account.state {
        case .ended(let end): return .fail(.ended(end))
        case .active(let tokens):
            let age = age(tokens, receipt, now)
            if tokens.access == rejected {
                // Without a known age nothing speaks against a refresh.
                return age.map { $0 < minAge } ?? false ? .use(tokens.access) : .refresh(tokens)
            }
            let isFresh = age.map { tokens.lifetime - $0 > margin(tokens.lifetime) } ?? false
            return isFresh ? .use(tokens.access) : .refresh(tokens)
        }
    }

    /// How long ago the tokens arrived; nil if the clocks do not tell.
    static func age(_ tokens: StoredAccount.Tokens, _ receipt: Receipt?, _ now: SessionTime) -> Duration? {
        if let receipt, receipt.access == tokens.access { return now.instant - receipt.instant }
        let age = now.wall - tokens.received
        // The file has whole seconds, so a moment ago may look like the future. More than that is a changed clock.
        return age >= .seconds(-2) ? max(.zero, age) : nil
    }

    /// Whether the token may be used although it could not be refreshed.
    static func isUsable(
        _ tokens: StoredAccount.Tokens, receipt: Receipt?, rejected: String?, now: SessionTime
    ) -> Bool {
        guard tokens.access != rejected, let age = age(tokens, receipt, now) else { return false }
        return age < tokens.lifetime
    }

    /// The pause after a failed refresh, before jitter: it doubles from half a second to half a minute, unless the service
    /// says how long to wait. After a refusal it doubles from half a minute to five, because the next answer is hardly
    /// another one.
    static func pause(failures: Int, _ failure: AuthFailure) -> Duration {
        let doublings = 1 << min(failures, 6)
        let own: Duration =
            failure.isRefusal
            ? min(.seconds(300), .seconds(30) * doublings) : min(.seconds(30), .milliseconds(500) * doublings)
        return max(own, min(failure.wait ?? .zero, .seconds(300)))
    }
}
