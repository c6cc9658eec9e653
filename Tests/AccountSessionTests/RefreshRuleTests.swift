import ChatWire
import ClientUpdates
import Supabase
import Testing

@testable import AccountSession

/// The rule as tables: what is stored, what the clocks say, and what to do.
@Suite struct RefreshRuleTests {
    private static let start = SessionTime(instant: .now, wall: Timestamp(seconds: 1_700_000_000))

    private static func tokens(_ lifetime: Int = 3600) -> StoredAccount.Tokens {
        StoredAccount.Tokens(access: "a1", refresh: "r1", lifetime: .seconds(lifetime), received: start.wall)
    }

    private static func account(_ state: StoredAccount.State? = nil) throws -> StoredAccount {
        StoredAccount(
            project: try ProjectAddress("http://127.0.0.1:1"), key: try ProjectKey("sb_publishable_x"),
            user: AccountUser(id: UserID("anna")!), state: state ?? .active(tokens()))
    }

    private static let own = RefreshRule.Receipt(access: "a1", instant: start.instant)

    enum Wanted: Sendable { case use, refresh }

    /// - Parameters:
    ///   - passed: Seconds since the token arrived, by the monotonic clock.
    ///   - wall: Seconds since then by the calendar.
    ///   - isOwn: Whether this process received the token.
    @Test(
        arguments: [
            // Another process received it: the calendar decides.
            (0, 0, false, nil, Wanted.use), (3000, 3000, false, nil, .use), (3479, 3479, false, nil, .use),
            (3481, 3481, false, nil, .refresh), (5000, 5000, false, nil, .refresh),
            // The calendar was set back or forward since: by ten minutes, by a year.
            (3000, 2400, false, nil, .use), (3000, 3600, false, nil, .refresh), (60, -540, false, nil, .refresh),
            (60, -31_536_000, false, nil, .refresh), (60, 31_536_000, false, nil, .refresh),
            // The file has whole seconds.
            (0, -1, false, nil, .use),
            // This process received it: the monotonic clock decides, whatever the calendar says.
            (3000, 3000, true, nil, .use), (3000, 3600, true, nil, .use), (3000, -31_536_000, true, nil, .use),
            (3000, 31_536_000, true, nil, .use), (3481, 2881, true, nil, .refresh), (3481, 0, true, nil, .refresh),
            // The server rejected it, or called its end near.
            (600, 600, false, "a1", .refresh), (600, 600, true, "a1", .refresh), (31, 31, true, "a1", .refresh),
            (600, -600, false, "a1", .refresh),
            // It is so new that a newer one would be rejected, too.
            (5, 5, true, "a1", .use), (5, 5, false, "a1", .use), (29, 9999, true, "a1", .use),
            // It rejected another one, which somebody has replaced meanwhile.
            (600, 600, false, "a0", .use), (3500, 3500, false, "a0", .refresh),
        ] as [(Int, Int, Bool, String?, Wanted)])
    func step(passed: Int, wall: Int, isOwn: Bool, rejected: String?, wanted: Wanted) throws {
        let now = SessionTime(
            instant: Self.start.instant + .seconds(passed), wall: Self.start.wall.advanced(by: .seconds(wall)))
        let step = RefreshRule.step(
            try Self.account(), owner: nil, receipt: isOwn ? Self.own : nil, rejected: rejected, now: now)
        switch wanted {
        case .use: #expect(step == .use("a1"))
        case .refresh: #expect(step == .refresh(Self.tokens()))
        }
    }

    @Test func withoutAToken() throws {
        func step(_ account: StoredAccount?, _ user: String? = nil, at port: Int = 1) throws -> RefreshRule.Step {
            let project = try ProjectAddress("http://127.0.0.1:\(port)")
            return RefreshRule.step(
                account, owner: user.flatMap { UserID($0) }.map { StoredAccount.Owner(project: project, user: $0) },
                receipt: nil, rejected: nil, now: Self.start)
        }
        #expect(try step(nil) == .fail(.notLoggedIn))
        for end in SessionEnd.allCases { #expect(try step(Self.account(.ended(end))) == .fail(.ended(end))) }
        #expect(try step(Self.account(), "anna") == .use("a1"))
        #expect(try step(Self.account(), "ivan") == .fail(.otherUser(UserID("anna")!)))
        #expect(try step(Self.account(.ended(.gone)), "ivan") == .fail(.otherUser(UserID("anna")!)))
        // The same id in another project is somebody else.
        #expect(try step(Self.account(), "anna", at: 2) == .fail(.otherUser(UserID("anna")!)))
    }

    /// A token of a minute is not refreshed all the time.
    @Test(arguments: [(3600, 120), (86_400, 120), (480, 120), (60, 15), (4, 1)]) func margin(lifetime: Int, margin: Int)
    {
        #expect(RefreshRule.margin(.seconds(lifetime)) == .seconds(margin))
    }

    @Test(
        arguments: [
            (3599, nil, true), (3601, nil, false), (3599, "a1", false), (100, "a1", false), (-100, nil, false),
        ] as [(Int, String?, Bool)])
    func useWithoutARefresh(passed: Int, rejected: String?, isUsable: Bool) {
        #expect(
            RefreshRule.isUsable(
                Self.tokens(), receipt: nil, rejected: rejected, now: Self.start.advanced(by: .seconds(passed)))
                == isUsable)
    }

    @Test(arguments: [
        (0, AuthFailure.unanswered(.timedOut), Duration.milliseconds(500)), (1, .unanswered(.timedOut), .seconds(1)),
        (3, .serviceDown(status: 500), .seconds(4)), (5, .serviceDown(status: 500), .seconds(16)),
        (6, .serviceDown(status: 500), .seconds(30)), (1000, .projectPaused, .seconds(300)),
        (0, .tooManyTries(wait: .seconds(60)), .seconds(60)), (0, .tooManyTries(wait: nil), .seconds(30)),
        (0, .tooManyTries(wait: .seconds(86_400)), .seconds(300)),
    ]) func pauses(failures: Int, failure: AuthFailure, pause: Duration) {
        #expect(RefreshRule.pause(failures: failures, failure) == pause)
    }
}
