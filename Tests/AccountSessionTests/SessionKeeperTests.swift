import ChatWire
import ClientUpdates
import Foundation
import HostSystem
import Supabase
import Synchronization
import Testing
import WebSocketTransport

@testable import AccountSession

@Suite struct SessionKeeperTests {
    private let profile: Profile

    init() async throws { profile = try await Profile() }

    @Test func aFreshTokenNeedsNoRequest() async throws {
        let keeper = profile.keeper()
        #expect(keeper.lastAccessToken == nil)
        #expect(try await keeper.accessToken() == "a0")
        #expect(keeper.lastAccessToken == "a0")
        #expect(profile.service.requests == 0)
    }

    @Test func refreshesBeforeTheEnd() async throws {
        let (window, other) = (profile.keeper(), profile.keeper())
        profile.clocks.pass(3500)
        #expect(try await window.accessToken() == "a1")
        #expect(try await window.accessToken() == "a1")
        #expect(try await other.accessToken() == "a1")
        #expect(profile.service.requests == 1)
        #expect(try profile.storedTokens?.refresh == "r1")
        #expect(try profile.stored?.user == AccountUser(id: UserID("anna")!))
        #expect(profile.names == ["session.json", "session.lock"])
    }

    /// One refreshes, the others read, a thousand times.
    @Test func windowsRefreshAtOnce() async throws {
        let windows = [profile.keeper(), profile.keeper(), profile.keeper()]
        for round in 1...1000 {
            profile.clocks.pass(3500)
            async let first = windows[0].accessToken()
            async let second = windows[1].accessToken()
            async let third = windows[2].accessToken(insteadOf: windows[2].lastAccessToken)
            let tokens = try await [first, second, third]
            #expect(tokens == Array(repeating: "a\(round)", count: 3))
            guard profile.service.requests == round else { break }
        }
        #expect(profile.service.requests == 1000)
        #expect(!profile.service.isOver)
    }

    /// A new process for each refresh, as commands are.
    @Test func commandsRefreshAtOnce() async throws {
        for round in 1...50 {
            profile.clocks.pass(3500)
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 { group.addTask { [keeper = profile.keeper()] in try await keeper.accessToken() } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(tokens == ["a\(round)"])
        }
        #expect(profile.service.requests == 50)
    }

    // MARK: - Answers that get lost

    /// The service refreshed, but the process was killed before it had the answer in the file.
    @Test func aLostAnswerLosesNothing() async throws {
        for _ in 1...5 {
            profile.clocks.pass(4000)
            profile.service.fail(.lost)
            await #expect(throws: AccountProblem.service(.unanswered(.unanswered(isEncrypted: false)))) {
                try await profile.keeper().accessToken()
            }
            // Somebody else, an hour later.
            profile.clocks.pass(4000)
            _ = try await profile.keeper().accessToken()
        }
        #expect(!profile.service.isOver)
    }

    /// A refresh token that could not be stored is never used, or the file's would be worth nothing.
    @Test func aFullDisk() async throws {
        let isFull = Mutex(true)
        let store = AccountStore(folder: profile.folder) { path, bytes throws(FileProblem) in
            if isFull.withLock(\.self) { throw FileProblem(path: path, reason: .system(ENOSPC)) }
            try OwnFile.replace(path, with: bytes)
        }
        let window = profile.keeper(store: store)
        profile.clocks.pass(3500)
        #expect(try await window.accessToken() == "a1")
        #expect(try await window.accessToken() == "a1")
        #expect(try profile.storedTokens?.refresh == "r0")
        // Another window finds the old one, and gets the same successor.
        #expect(try await profile.keeper().accessToken() == "a2")
        #expect(try profile.storedTokens?.refresh == "r1")
        #expect(try await window.accessToken() == "a2")
        // The disk is full for hours.
        for round in 3...6 {
            profile.clocks.pass(3500)
            #expect(try await window.accessToken() == "a\(round)")
        }
        isFull.withLock { $0 = false }
        profile.clocks.pass(3500)
        #expect(try await window.accessToken() == "a7")
        #expect(try profile.storedTokens?.access == "a7")
        #expect(!profile.service.isOver)
    }

    // MARK: - Failures

    @Test(arguments: [
        (#"{"code":"refresh_token_already_used","message":""}"#, 400, SessionEnd.tokenReused),
        (#"{"code":"refresh_token_not_found","message":""}"#, 400, .gone),
        (#"{"code":"session_not_found","message":""}"#, 400, .gone),
        (#"{"code":"session_expired","message":""}"#, 400, .gone),
        (#"{"code":"user_banned","message":""}"#, 400, .userBanned),
        (
            #"{"error":"invalid_grant","error_description":"Invalid Refresh Token: Already Used"}"#, 400,
            .tokenReused
        ),
        (#"{"code":400,"msg":"Invalid Refresh Token: Refresh Token Not Found"}"#, 400, .gone),
    ]) func endsForGood(body: String, status: Int, end: SessionEnd) async throws {
        let (window, other) = (profile.keeper(), profile.keeper())
        profile.clocks.pass(3500)
        profile.service.fail(.status(status, body))
        for keeper in [window, other, window] {
            await #expect(throws: AccountProblem.ended(end)) { try await keeper.accessToken() }
        }
        #expect(profile.service.requests == 1)
        // The tokens are gone, and the next login knows who it was.
        #expect(try profile.stored?.state == .ended(end))
        #expect(try profile.stored?.user == profile.account.user)
        let text = try String(contentsOfFile: profile.folder + "/session.json", encoding: .utf8)
        #expect(!text.contains("r0") && !text.contains("a0"))
        // Somebody logs in again: the windows go on.
        try await AccountStore(folder: profile.folder).replace(with: profile.account)
        profile.clocks.pass(-3500)
        #expect(try await window.accessToken() == "a0")
    }

    @Test(arguments: [
        FakeService.Fault.unreachable(.timedOut), .unreachable(.unreachable(.refused)), .status(500, "{}"),
        .status(503, "<html>"), .status(540, ""), .status(429, #"{"code":"over_request_rate_limit","message":""}"#),
        .status(401, #"{"message":"Invalid API key"}"#), .status(404, "<html>"), .status(302, ""), .garbage,
        .status(400, #"{"code":"something_new","message":"\u001b[2J"}"#), .otherUser,
    ]) func goesOnAfterAFailure(fault: FakeService.Fault) async throws {
        let window = profile.keeper()
        profile.clocks.pass(3500)
        profile.service.fail(fault)
        // The old token is valid for another minute.
        #expect(try await window.accessToken() == "a0")
        #expect(profile.service.requests == 1)
        // The pause has not passed.
        #expect(try await window.accessToken() == "a0")
        #expect(profile.service.requests == 1)
        profile.clocks.pass(31)
        #expect(try await window.accessToken() == "a2")
        #expect(try profile.storedTokens?.access == "a2")
    }

    @Test func afterTheEndOfTheTokenTheFailureIsTold() async throws {
        let window = profile.keeper()
        profile.clocks.pass(3700)
        profile.service.fail(.unreachable(.timedOut), .unreachable(.timedOut))
        let problem = AccountProblem.service(.unanswered(.timedOut))
        for _ in 1...3 { await #expect(throws: problem) { try await window.accessToken() } }
        #expect(profile.service.requests == 1)
        // After sleep nobody waits for the pause.
        window.tryNow()
        await #expect(throws: problem) { try await window.accessToken() }
        #expect(profile.service.requests == 2)
        window.tryNow()
        #expect(try await window.accessToken() == "a3")
    }

    /// A refusal is not asked for again every second.
    @Test func waitsLongerAfterARefusal() async throws {
        let window = profile.keeper()
        profile.clocks.pass(3700)
        let rejected = FakeService.Fault.status(401, #"{"message":"Invalid API key"}"#)
        profile.service.fail(rejected, rejected)
        let problem = AccountProblem.service(.keyRejected)
        for _ in 1...10 {
            await #expect(throws: problem) { try await window.accessToken() }
            profile.clocks.pass(1)
        }
        #expect(profile.service.requests == 1)
        profile.clocks.pass(30)
        await #expect(throws: problem) { try await window.accessToken() }
        #expect(profile.service.requests == 2)
    }

    // MARK: - Rejected tokens and changed clocks

    @Test func aRejectedTokenIsRefreshedOnce() async throws {
        let window = profile.keeper()
        profile.clocks.pass(600)
        #expect(try await window.accessToken(insteadOf: "a0") == "a1")
        // The server rejects the new one as well: it is not the token's age.
        for _ in 1...3 { #expect(try await window.accessToken(insteadOf: "a1") == "a1") }
        #expect(profile.service.requests == 1)
        // Another window was rejected with the old one.
        #expect(try await profile.keeper().accessToken(insteadOf: "a0") == "a1")
        #expect(profile.service.requests == 1)
        profile.clocks.pass(600)
        #expect(try await window.accessToken(insteadOf: "a1") == "a2")
    }

    @Test(arguments: [-600, 600, -86_400, 86_400]) func clockIsChanged(seconds: Int) async throws {
        let window = profile.keeper()
        profile.clocks.pass(3500)
        #expect(try await window.accessToken() == "a1")
        profile.clocks.set(by: seconds)
        // The one that received the token does not look at the calendar.
        #expect(try await window.accessToken() == "a1")
        // Another one may think that it is over, or that it is not. The session goes on either way.
        let other = try await profile.keeper().accessToken()
        profile.clocks.pass(3590)
        let later = try await profile.keeper().accessToken(insteadOf: other)
        #expect(later != other)
        #expect(try await window.accessToken() == later)
        #expect(!profile.service.isOver)
    }

    // MARK: - Whose it is

    @Test func somebodyElseLogsIn() async throws {
        let window = profile.keeper(user: "anna")
        #expect(try await window.accessToken() == "a0")
        var other = profile.account
        other.user = AccountUser(id: UserID("ivan")!)
        try await AccountStore(folder: profile.folder).replace(with: other)
        await #expect(throws: AccountProblem.otherUser(UserID("ivan")!)) { try await window.accessToken() }
        #expect(try await profile.keeper(user: "ivan").accessToken() == "a0")
    }

    /// Ids are unique in one project only.
    @Test func theSameIDInAnotherProject() async throws {
        let window = profile.keeper(user: "anna")
        var other = profile.account
        other.project = try ProjectAddress("http://127.0.0.1:2")
        try await AccountStore(folder: profile.folder).replace(with: other)
        await #expect(throws: AccountProblem.otherUser(UserID("anna")!)) { try await window.accessToken() }
    }

    @Test func nobodyIsLoggedIn() async throws {
        try await AccountStore(folder: profile.folder).remove()
        await #expect(throws: AccountProblem.notLoggedIn) { try await profile.keeper().accessToken() }
        #expect(try await profile.keeper().logOut() == .nobodyWas)
    }

    // MARK: - Logging out

    @Test func logsOut() async throws {
        #expect(try await profile.keeper().logOut() == .loggedOut)
        #expect(profile.service.targets == ["/auth/v1/logout?scope=local"])
        #expect(try profile.stored == nil)
        #expect(profile.names == ["session.lock"])
    }

    /// Somebody else logs in, in another project, while the service ends the session: theirs stays.
    @Test func logsOutOnlyWhoWasLoggedIn() async throws {
        let (store, account) = (AccountStore(folder: profile.folder), profile.account)
        var other = account
        other.project = try ProjectAddress("http://127.0.0.1:2")
        let next = other
        let keeper = SessionKeeper(store: store, now: { [clocks = profile.clocks] in clocks.now }) { project, key in
            ServiceClient(project: project, key: key) { _, _ throws(ConnectError) in
                try? store.keep(next, isNew: true)
                return HTTPResponse(status: 204)
            }
        }
        #expect(try await keeper.logOut() == .loggedOut)
        #expect(try profile.stored == other)
    }

    /// The same person logs in again while the service ends the session before: the new one stays.
    @Test func logsOutOnlyTheSessionThatWas() async throws {
        let store = AccountStore(folder: profile.folder)
        let next = sessionOfTheSamePerson
        let keeper = SessionKeeper(store: store, now: { [clocks = profile.clocks] in clocks.now }) { project, key in
            ServiceClient(project: project, key: key) { _, _ throws(ConnectError) in
                try? store.keep(next, isNew: true)
                return HTTPResponse(status: 204)
            }
        }
        #expect(try await keeper.logOut() == .loggedOut)
        #expect(try profile.stored == next)
    }

    /// The same person logs in again while the logout waits for a window, which it says.
    @Test func aLogInBeforeTheLogOutsTurn() async throws {
        let store = AccountStore(folder: profile.folder)
        var lock = try await FileLock.take(profile.folder + "/session.lock", patience: .zero)
        #expect(lock != nil)
        let isTold = Mutex(false)
        let keeper = profile.keeper()
        async let outcome = keeper.logOut { isTold.withLock { $0 = true } }
        while !isTold.withLock(\.self) { try await Task.sleep(for: .milliseconds(5)) }
        try store.keep(sessionOfTheSamePerson, isNew: true)
        lock = nil
        #expect(try await outcome == .loggedOut)
        #expect(try profile.stored == sessionOfTheSamePerson)
        #expect(profile.service.requests == 0)
    }

    /// A refresh by another window is no other log-in.
    @Test func logsOutAfterARefreshElsewhere() async throws {
        let store = AccountStore(folder: profile.folder)
        var lock = try await FileLock.take(profile.folder + "/session.lock", patience: .zero)
        #expect(lock != nil)
        let isTold = Mutex(false)
        let keeper = profile.keeper()
        async let outcome = keeper.logOut { isTold.withLock { $0 = true } }
        while !isTold.withLock(\.self) { try await Task.sleep(for: .milliseconds(5)) }
        try store.keep(sessionOfTheSamePerson)
        lock = nil
        #expect(try await outcome == .loggedOut)
        #expect(try profile.stored == nil)
        #expect(profile.service.targets == ["/auth/v1/logout?scope=local"])
    }

    private var sessionOfTheSamePerson: StoredAccount {
        var account = profile.account
        account.state = .active(
            StoredAccount.Tokens(
                access: "b", refresh: "rb", lifetime: .seconds(3600), received: profile.clocks.now.wall))
        return account
    }

    /// Somebody else logs in before the token is asked for: it is not sent to the former one's project.
    @Test func logsOutNobodyElse() async throws {
        let (store, account) = (AccountStore(folder: profile.folder), profile.account)
        var other = account
        other.user = AccountUser(id: UserID("ivan")!)
        let next = other
        profile.clocks.pass(5000)
        let requests = Mutex<[String]>([])
        let keeper = SessionKeeper(store: store, now: { [clocks = profile.clocks] in clocks.now }) { project, key in
            try? store.keep(next, isNew: true)
            return ServiceClient(project: project, key: key) { request, _ throws(ConnectError) in
                requests.withLock { $0.append(request.target) }
                throw .timedOut
            }
        }
        _ = try await keeper.logOut()
        #expect(requests.withLock(\.self).allSatisfy { !$0.contains("logout") })
        #expect(try profile.stored == other)
    }

    /// A log-in ends the session before it, also if nobody has used that for hours.
    @Test func endsAFormerSession() async throws {
        let tokens = try #require(try profile.storedTokens)
        let client = profile.service.client(profile.account.project, profile.account.key)
        try await client.end(tokens, now: tokens.end)
        #expect(profile.service.targets == ["/auth/v1/token?grant_type=refresh_token", "/auth/v1/logout?scope=local"])
        #expect(profile.service.isOver)
    }

    @Test func endsAFormerSessionThatIsStillGood() async throws {
        let tokens = try #require(try profile.storedTokens)
        let client = profile.service.client(profile.account.project, profile.account.key)
        try await client.end(tokens, now: tokens.received)
        #expect(profile.service.targets == ["/auth/v1/logout?scope=local"])
    }

    /// The service takes no expired token for this.
    @Test func logsOutAfterTheEndOfTheToken() async throws {
        profile.clocks.pass(5000)
        #expect(try await profile.keeper().logOut() == .loggedOut)
        #expect(profile.service.requests == 2)
    }

    @Test func logsOutWithoutTheService() async throws {
        profile.service.fail(.unreachable(.timedOut))
        #expect(try await profile.keeper().logOut() == .onlyHere(.service(.unanswered(.timedOut))))
        #expect(try profile.stored == nil)
    }

    @Test func logsOutOfASessionThatIsOver() async throws {
        profile.service.fail(.status(403, #"{"code":"session_not_found","message":""}"#))
        #expect(try await profile.keeper().logOut() == .loggedOut)
        #expect(try profile.stored == nil)
    }

    // MARK: - The lock

    @Test func aBusyLock() async throws {
        let lock = try await FileLock.take(profile.folder + "/session.lock", patience: .zero)
        #expect(lock != nil)
        profile.clocks.pass(3500)
        let window = profile.keeper(lockPatience: .milliseconds(50))
        // The token is valid for another minute, whoever holds the lock.
        #expect(try await window.accessToken() == "a0")
        await #expect(throws: AccountProblem.busy) { try await window.accessToken(insteadOf: "a0") }
        profile.clocks.pass(200)
        await #expect(throws: AccountProblem.busy) { try await window.accessToken() }
        withExtendedLifetime(lock) {}
    }

    /// Who has a valid token does not wait for long.
    @Test func aStoppedHolderOfTheLock() async throws {
        let lock = try await FileLock.take(profile.folder + "/session.lock", patience: .zero)
        profile.clocks.pass(3500)
        let start = ContinuousClock.now
        #expect(try await profile.keeper(lockPatience: .seconds(60)).accessToken() == "a0")
        #expect(.now - start < .seconds(30))
        withExtendedLifetime(lock) {}
    }

    @Test func aLockThatCannotBeTaken() async throws {
        let path = profile.folder + "/session.lock"
        unlink(path)
        mkdir(path, 0o700)
        profile.clocks.pass(3500)
        #expect(try await profile.keeper().accessToken() == "a0")
        profile.clocks.pass(200)
        await #expect(throws: AccountProblem.file(FileProblem(path: path, reason: .notAFile))) {
            try await profile.keeper().accessToken()
        }
        #expect(profile.service.requests == 0)
    }

    /// The one who waits finds the other's token.
    @Test func waitsForTheOther() async throws {
        var lock = try await FileLock.take(profile.folder + "/session.lock", patience: .zero)
        #expect(lock != nil)
        profile.clocks.pass(3500)
        let window = profile.keeper()
        async let token = window.accessToken()
        var account = profile.account
        account.state = .active(
            StoredAccount.Tokens(
                access: "b", refresh: "rb", lifetime: .seconds(3600), received: profile.clocks.now.wall))
        try AccountStore(folder: profile.folder).keep(account)
        lock = nil
        #expect(try await token == "b")
        #expect(profile.service.requests == 0)
    }

    @Test func keepsFreshUntilTheSessionEnds() async throws {
        let window = profile.keeper()
        profile.clocks.pass(3500)
        let task = Task { await window.keepFresh(every: .milliseconds(1)) }
        while try profile.storedTokens?.access != "a1" { try await Task.sleep(for: .milliseconds(5)) }
        profile.service.fail(.status(400, #"{"code":"session_expired","message":""}"#))
        profile.clocks.pass(3500)
        #expect(await task.value == .ended(.gone))
        #expect(try profile.stored?.state == .ended(.gone))
    }
}
