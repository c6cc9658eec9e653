import AccountSession
import ChatWire
import Foundation
import MarketplaceStandIn
import NIOPosix
import Supabase
import Testing
import WebSocketTransport

/// Windows that are processes of their own, with one session: `marketplace-stand-in refresh`, whose clock runs so fast that
/// every token it asks for is a new one. The service forgives no second use of a refresh token, except of the one whose answer
/// was lost.
@Suite(.serialized) final class RefreshRaceTests {
    private let folder = NSTemporaryDirectory() + "race-" + UUID().uuidString
    private let email = "anna@example.org"
    private let since = Int(Date.now.timeIntervalSince1970) - 1

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func project(_ kind: Settings.RefreshTokens) async throws -> MarketplaceStandIn {
        var settings = Settings()
        settings.refreshTokens = kind
        // Within ten seconds the service would forgive what it must not need to.
        settings.reuseInterval = -1
        let standIn = try await MarketplaceStandIn(
            settings: settings, accounts: [Account(email, password: "correct horse", name: "Анна")])
        let address = try ProjectAddress(standIn.url)
        let key = try ProjectKey(standIn.apiKeys.publishable)
        let client = ServiceClient(
            project: address, key: key, http: HTTPClient(group: MultiThreadedEventLoopGroup.singleton))
        let session = try await client.send(.logIn(email: email, password: "correct horse"))
        let received = SessionKeeper.systemTime().wall
        try await AccountStore(folder: folder).replace(
            with: StoredAccount(project: address, key: key, session: session, received: received))
        return standIn
    }

    /// A window in a process of its own, and what it says.
    private struct Window {
        let process = Process()
        private let output = Pipe()

        init(folder: String, times: Int, since: Int) throws {
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let programs = URL(filePath: own).deletingLastPathComponent()
            process.executableURL = programs.appending(path: "marketplace-stand-in")
            process.arguments = [
                "refresh", "--folder", folder, "--times", String(times), "--fast-since", String(since), "--speed",
                "1000000",
            ]
            process.standardOutput = output
            try process.run()
        }

        /// Ends it as no program can prevent.
        func kill() { _ = Glibc.kill(process.processIdentifier, SIGKILL) }

        /// What failed, and how many tokens it had, once it has ended.
        func lines() throws -> [Substring] {
            let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        }
    }

    private func start(times: Int) throws -> Window { try Window(folder: folder, times: times, since: since) }

    private func wait(until isTrue: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(300)
        while !isTrue() {
            try #require(ContinuousClock.now < end)
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    @Test(arguments: [Settings.RefreshTokens.counted, .random])
    func processesThatRefreshAtOnceUseEachTokenOnce(_ kind: Settings.RefreshTokens) async throws {
        let standIn = try await project(kind)
        standIn.set { $0.refusesEveryReuse = true }
        let windows = try (0..<2).map { _ in try start(times: .max) }
        try await wait { standIn.counts.refreshes >= 1000 }
        // One that is killed during a refresh leaves its token to the other, which is no reuse of theirs.
        let counts = standIn.counts
        for window in windows { window.kill() }
        for window in windows { #expect(try window.lines() == []) }
        #expect(counts.sessionsEnded == 0 && counts.reuses == 0)
        await standIn.end()
    }

    @Test(arguments: [Settings.RefreshTokens.counted, .random])
    func aWindowThatIsKilledAnywhereLosesItsRefreshAtMost(_ kind: Settings.RefreshTokens) async throws {
        let standIn = try await project(kind)
        for round in 0..<40 {
            let refreshes = standIn.counts.refreshes
            let victim = try start(times: .max)
            // It is killed at some point of a refresh that is not its first.
            try await wait { standIn.counts.refreshes >= refreshes + 2 }
            try await Task.sleep(for: .microseconds(round * 200))
            victim.kill()
            #expect(try victim.lines() == [])
        }
        #expect(try start(times: 3).lines() == ["3 tokens"])
        #expect(standIn.counts.refusedReuses == 0 && standIn.sessions(of: email) == 1)
        await standIn.end()
    }

    @Test func aWindowThatIsKilledBeforeItsAnswerHandsItsRefreshOn() async throws {
        let standIn = try await project(.counted)
        for _ in 0..<5 {
            standIn.fail(.refresh, .hold, times: 1)
            let victim = try start(times: 1)
            try await wait { standIn.heldAnswers > 0 }
            // The other waits for the lock, which the kernel takes from the dead.
            let other = try start(times: 1)
            victim.kill()
            #expect(try victim.lines() == [])
            standIn.release()
            #expect(try other.lines() == ["1 tokens"])
        }
        let counts = standIn.counts
        #expect(counts.reuses == 5 && counts.refusedReuses == 0 && counts.sessionsEnded == 0)
        await standIn.end()
    }
}
