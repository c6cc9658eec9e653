import ChatWire
import ClientUpdates
import Foundation
import HostSystem
import MarketplaceStandIn
import NIOPosix
import Supabase
import Testing
import WebSocketTransport

@testable import AccountSession

/// The keeper and the real HTTP client against the stand-in for a project.
@Suite(.serialized, .timeLimit(.minutes(10))) struct MarketplaceTests {
    private static let (email, password) = ("anna@example.org", "correct horse")
    private let root: String
    private let clocks = FakeClocks()
    private let standIn: MarketplaceStandIn

    init() async throws {
        signal(SIGPIPE, SIG_IGN)
        root = try PrivateFile.makeTemporaryFolder("chat-tui-marketplace")
        standIn = try await MarketplaceStandIn(accounts: [
            Account(Self.email, password: Self.password, name: "Анна")
        ])
    }

    private func client(within time: Duration = .seconds(20)) throws -> ServiceClient {
        try Self.client(standIn.url, standIn.apiKeys.publishable, within: time)
    }

    private static func client(_ url: String, _ key: String, within time: Duration) throws -> ServiceClient {
        ServiceClient(
            project: try ProjectAddress(url), key: try ProjectKey(key),
            http: HTTPClient(group: MultiThreadedEventLoopGroup.singleton, time: time))
    }

    private var store: AccountStore { AccountStore(folder: root + "/default") }

    private func logIn() async throws -> AuthSession {
        let client = try client()
        let session = try await client.send(.logIn(email: Self.email, password: Self.password))
        try await store.replace(
            with: StoredAccount(
                project: client.project, key: try #require(client.key), session: session, received: clocks.now.wall))
        return session
    }

    private func keeper(within time: Duration = .seconds(20)) -> SessionKeeper {
        SessionKeeper(store: store, now: { [clocks] in clocks.now }) { project, key in
            ServiceClient(
                project: project, key: key,
                http: HTTPClient(group: MultiThreadedEventLoopGroup.singleton, time: time))
        }
    }

    private func end() async {
        await standIn.end()
        try? FileManager.default.removeItem(atPath: root)
    }

    // MARK: - Logging in

    @Test func password() async throws {
        let client = try client()
        let session = try await logIn()
        #expect(session.user.email?.wire == Self.email)
        #expect(session.user.name == "Анна")
        #expect(session.lifetime == .seconds(3600))
        #expect(!session.needsSecondFactor)
        #expect(try await client.send(.user(accessToken: session.accessToken)).id == session.user.id)
        await #expect(throws: AuthFailure.wrongPassword) {
            _ = try await client.send(.logIn(email: Self.email, password: "x"))
        }
        await #expect(throws: AuthFailure.tokenRejected) { _ = try await client.send(.user(accessToken: "x")) }
        standIn.change(Self.email) { $0.isConfirmed = false }
        await #expect(throws: AuthFailure.unconfirmed) { _ = try await logIn() }
        standIn.change(Self.email) { $0.isBanned = true }
        await #expect(throws: AuthFailure.userBanned) { _ = try await logIn() }
        await end()
    }

    @Test func mailedCode() async throws {
        let client = try client()
        try await client.send(.mailCode(to: Self.email, createsUser: false))
        await #expect(throws: AuthFailure.codeExpired) {
            _ = try await client.send(.verify(code: "000000", email: Self.email))
        }
        let code = try #require(standIn.code(mailedTo: Self.email))
        let session = try await client.send(.verify(code: code, email: Self.email))
        #expect(session.user.email?.wire == Self.email)
        do throws(AuthFailure) {
            try await client.send(.mailCode(to: Self.email, createsUser: false))
            Issue.record("a second mail at once")
        } catch {
            guard case .tooManyMails(let wait?) = error, (.seconds(50)...(.seconds(60))).contains(wait) else {
                Issue.record("\(error)")
                return
            }
        }
        await #expect(throws: AuthFailure.unknownAccount) {
            try await client.send(.mailCode(to: "nobody@example.org", createsUser: false))
        }
        await #expect(throws: AuthFailure.badAddress) {
            try await client.send(.mailCode(to: "nobody", createsUser: false))
        }
        standIn.set { $0.captchaToken = "x" }
        await #expect(throws: AuthFailure.captcha) {
            try await client.send(.mailCode(to: "ivan@example.org", createsUser: true))
        }
        standIn.set { ($0.captchaToken, $0.areSignUpsClosed) = (nil, true) }
        await #expect(throws: AuthFailure.signUpsClosed) {
            try await client.send(.mailCode(to: "ivan@example.org", createsUser: true))
        }
        standIn.set { $0.isPaused = true }
        await #expect(throws: AuthFailure.projectPaused) { _ = try await client.send(.settings()) }
        await end()
    }

    @Test func settings() async throws {
        let settings = try await client().send(.settings())
        #expect(settings == ProjectSettings(hasEmail: true, isClosed: false, providers: ["google", "github"]))
        let other = try Self.client(standIn.url, "sb_publishable_wrong", within: .seconds(20))
        await #expect(throws: AuthFailure.keyRejected) { _ = try await other.send(.settings()) }
        await end()
    }

    @Test(arguments: [Settings.ErrorFormat.current, .beforeCodes]) func formsOfErrors(
        format: Settings.ErrorFormat
    ) async throws {
        standIn.set { $0.errorFormat = format }
        await #expect(throws: AuthFailure.wrongPassword) {
            _ = try await client().send(.logIn(email: Self.email, password: "x"))
        }
        await end()
    }

    // MARK: - Refreshing

    /// The service refuses every second use here, also those that it allows.
    @Test func windowsRefreshAtOnce() async throws {
        _ = try await logIn()
        standIn.set { $0.refusesEveryReuse = true }
        let windows = (keeper(), keeper())
        for _ in 1...1000 {
            clocks.pass(3500)
            async let first = windows.0.accessToken()
            async let second = windows.1.accessToken()
            let tokens = try await (first, second)
            #expect(tokens.0 == tokens.1)
        }
        #expect(standIn.requests(of: .refresh).count == 1000)
        #expect(standIn.sessions(of: Self.email) == 1)
        await end()
    }

    /// The answer gets lost on the way, and the grace of ten seconds is over when somebody tries again.
    @Test(
        arguments: [Settings.RefreshTokens.counted, .random], [Fault.loseAnswer, .breakOff(afterBytes: 40), .silence])
    func answersGetLost(kind: Settings.RefreshTokens, fault: Fault) async throws {
        standIn.set { $0.refreshTokens = kind }
        _ = try await logIn()
        for _ in 1...3 {
            clocks.pass(4000)
            standIn.fail(.refresh, fault, times: 1)
            await #expect(throws: AccountProblem.self) {
                _ = try await keeper(within: .milliseconds(500)).accessToken()
            }
            standIn.advance(bySeconds: 4000)
            clocks.pass(4000)
            _ = try await keeper().accessToken()
            standIn.advance(bySeconds: 4000)
        }
        #expect(standIn.sessions(of: Self.email) == 1)
        await end()
    }

    /// The window gives up, but the answer is on its way.
    @Test func isCancelled() async throws {
        let session = try await logIn()
        standIn.fail(.refresh, .hold, times: 1)
        clocks.pass(4000)
        let window = keeper()
        let attempt = Task { try await window.accessToken() }
        while standIn.heldAnswers == 0 { try await Task.sleep(for: .milliseconds(5)) }
        attempt.cancel()
        standIn.release()
        // This one waits for the lock, and so for the answer.
        let token = try await keeper().accessToken()
        #expect(token != session.accessToken)
        #expect(standIn.requests(of: .refresh).count == 1)
        await end()
    }

    @Test func endsAtTheService() async throws {
        _ = try await logIn()
        standIn.endSessions(of: Self.email)
        clocks.pass(3500)
        await #expect(throws: AccountProblem.ended(.gone)) { _ = try await keeper().accessToken() }
        _ = try await logIn()
        #expect(try await keeper().logOut() == .loggedOut)
        #expect(standIn.sessions(of: Self.email) == 0)
        await end()
    }

    /// A copy of the file is used elsewhere: the service ends the session, and everybody learns it.
    @Test func aStolenToken() async throws {
        let session = try await logIn()
        for _ in 1...3 {
            clocks.pass(3500)
            standIn.advance(bySeconds: 3500)
            _ = try await keeper().accessToken()
        }
        // The grace of ten seconds is over.
        standIn.advance(bySeconds: 60)
        await #expect(throws: AuthFailure.refreshTokenUsed) {
            _ = try await client().send(.refresh(session.refreshToken))
        }
        clocks.pass(3500)
        await #expect(throws: AccountProblem.ended(.gone)) { _ = try await keeper().accessToken() }
        await end()
    }

    @Test func theServiceIsDown() async throws {
        let session = try await logIn()
        await standIn.goDown()
        let window = keeper()
        #expect(try await window.accessToken() == session.accessToken)
        clocks.pass(3500)
        #expect(try await window.accessToken() == session.accessToken)
        clocks.pass(500)
        await #expect(throws: AccountProblem.service(.unanswered(.unreachable(.refused)))) {
            _ = try await window.accessToken()
        }
        try await standIn.comeBack()
        clocks.pass(31)
        #expect(try await window.accessToken() != session.accessToken)
        await end()
    }

    @Test(arguments: [
        Fault.unavailable, .garbage([0xFF, 0, 1]), .hugeAnswer(bytes: 1 << 20), .trickle(pauseSeconds: 0.05), .silence,
        .loseRequest, .loseAnswer,
    ]) func faults(fault: Fault) async throws {
        _ = try await logIn()
        clocks.pass(4000)
        standIn.fail(.refresh, fault)
        let begin = ContinuousClock.now
        let window = keeper(within: .milliseconds(500))
        await #expect(throws: AccountProblem.self) { _ = try await window.accessToken() }
        #expect(.now - begin < .seconds(10))
        standIn.mend()
        window.tryNow()
        _ = try await keeper().accessToken()
        #expect(standIn.sessions(of: Self.email) == 1)
        await end()
    }

    /// Every string of an answer is hostile. Nothing traps, and nothing of it gets into a header.
    @Test(arguments: [
        "\u{1B}]0;x\u{7}", "a\r\nX-Evil: 1", "\u{0}", "\u{202E}", "", "../../etc/passwd",
        String(repeating: "ж", count: 9000),
    ]) func hostileStrings(text: String) async throws {
        let session = try await logIn()
        standIn.failEverywhere(.strings(text, except: []))
        clocks.pass(4000)
        await #expect(throws: AccountProblem.self) { _ = try await keeper().accessToken() }
        standIn.mend()
        standIn.failEverywhere(.strings(text, except: Fault.tokens))
        let client = try client()
        if let hostile = try? await client.send(.logIn(email: Self.email, password: Self.password)) {
            #expect(hostile.user.name.map(\.isName) ?? true)
        }
        _ = try? await client.send(.settings())
        _ = try? await client.send(.products(["x"], ProductColumns(), accessToken: session.accessToken))
        standIn.mend()
        _ = try await keeper().accessToken()
        await end()
    }

    // MARK: - Killed

    /// Where a process is killed while it refreshes.
    enum Moment: String, CaseIterable, Sendable {
        case beforeTheFile, withinTheFile, afterTheFile
    }

    private static let (folderName, momentName) = ("CHAT_TUI_TEST_FOLDER", "CHAT_TUI_TEST_MOMENT")

    /// Refreshes in a process of its own, which is killed at the moment that the environment names.
    private static func refreshAndDie() async {
        let environment = ProcessInfo.processInfo.environment
        guard let folder = environment[folderName], let moment = environment[momentName].flatMap(Moment.init) else {
            return
        }
        let store = AccountStore(folder: folder) { path, bytes throws(FileProblem) in
            switch moment {
            case .beforeTheFile: break
            case .withinTheFile:
                let file = try PrivateFile.makeTemporary(beside: path + ".new")
                _ = bytes.withUnsafeBytes { write(file.descriptor, $0.baseAddress, $0.count / 2) }
            case .afterTheFile: try OwnFile.replace(path, with: bytes)
            }
            kill(getpid(), SIGKILL)
        }
        let now = SessionKeeper.systemTime().advanced(by: .seconds(1 << 30))
        let keeper = SessionKeeper(store: store, now: { now }) { project, key in
            ServiceClient(
                project: project, key: key,
                http: HTTPClient(group: MultiThreadedEventLoopGroup.singleton, time: .seconds(20)))
        }
        _ = try? await keeper.accessToken()
    }

    /// The session goes on, whenever the process is killed, and however late somebody tries again.
    @Test(arguments: Moment.allCases) func isKilled(moment: Moment) async throws {
        _ = try await logIn()
        setenv(Self.folderName, store.folder, 1)
        setenv(Self.momentName, moment.rawValue, 1)
        for round in 1...3 {
            await #expect(processExitsWith: .signal(SIGKILL)) { await MarketplaceTests.refreshAndDie() }
            #expect(standIn.requests(of: .refresh).count == 2 * round - 1)
            standIn.advance(bySeconds: 4000)
            clocks.pass(86_400)
            let token = try await keeper().accessToken()
            #expect(try await client().send(.user(accessToken: token)).email?.wire == Self.email)
            let names = try FileManager.default.contentsOfDirectory(atPath: store.folder).sorted()
            #expect(names == ["session.json", "session.lock"])
        }
        #expect(standIn.sessions(of: Self.email) == 1)
        await end()
    }
}
