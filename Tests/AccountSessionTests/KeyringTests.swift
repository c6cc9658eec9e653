import ChatWire
import Foundation
import HostSystem
import Supabase
import Testing

@testable import AccountSession

@Suite(.serialized) struct KeyringTests {
    private let profile: Profile
    private let bin: String

    init() async throws {
        signal(SIGPIPE, SIG_IGN)
        profile = try await Profile()
        bin = profile.root + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    }

    /// A program in the place of `secret-tool`. It keeps the secret in a file, and writes down its arguments.
    private func install(_ script: String) throws {
        let path = bin + "/secret-tool"
        try Data("#!/bin/sh\nD='\(profile.root)'\necho \"$@\" >> $D/calls\n\(script)\n".utf8)
            .write(to: URL(fileURLWithPath: path))
        chmod(path, 0o755)
    }

    private static let works = """
        C=$1
        while [ "$1" != chat-tui ]; do shift; done
        S=$D/secret.$2
        case $C in
        store) cat > $S;;
        lookup) cat $S;;
        clear) rm -f $S;;
        esac
        """

    /// The places in which there is a secret.
    private var places: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: profile.root)) ?? [])
            .filter { $0.hasPrefix("secret.") }.sorted()
    }

    private func somebodyElse() throws -> StoredAccount {
        StoredAccount(
            project: profile.account.project, key: profile.account.key, user: AccountUser(id: UserID("ivan")!),
            state: .active(
                StoredAccount.Tokens(
                    access: "b0", refresh: "rb0", lifetime: .seconds(3600), received: profile.clocks.now.wall)))
    }

    private func store() throws -> AccountStore { AccountStore(folder: profile.folder, keyring: try keyring()) }

    /// The disk is full when somebody else logs in: who was logged in still is.
    @Test func aLogInThatFails() async throws {
        try install(Self.works)
        try await store().replace(with: profile.account)
        let full = AccountStore(folder: profile.folder, keyring: try keyring()) { path, _ throws(FileProblem) in
            throw FileProblem(path: path, reason: .system(ENOSPC))
        }
        let next = try somebodyElse()
        await #expect(throws: AccountProblem.self) { try await full.replace(with: next) }
        #expect(try store().read() == profile.account)
        #expect(places.count == 1)
    }

    /// Somebody else's log-in is killed between the keyring and the file.
    @Test func aLogInThatIsKilled() async throws {
        try install(Self.works)
        try await store().replace(with: profile.account)
        let next = try somebodyElse()
        let killed = AccountStore(folder: profile.folder, keyring: try keyring()) { path, _ throws(FileProblem) in
            // The program does not come to clearing anything.
            rename(path.replacing("session.json", with: "../bin/secret-tool"), path + ".tool")
            throw FileProblem(path: path, reason: .system(EIO))
        }
        await #expect(throws: AccountProblem.self) { try await killed.replace(with: next) }
        try install(Self.works)
        #expect(places.count == 2)
        #expect(try store().read() == profile.account)
        // The next log-in takes its place, and a logout leaves nothing behind.
        try await store().replace(with: next)
        #expect(try store().read() == next)
        #expect(places.count == 1)
        try await store().remove()
        #expect(places == [])
    }

    /// Another session's tokens are never used under the file's name.
    @Test func somebodyElsesTokens() async throws {
        try install(Self.works)
        try await store().replace(with: profile.account)
        guard case .active(let tokens) = try somebodyElse().state else { return }
        let secret = KeyringSecret(tokens, of: try somebodyElse().owner)
        #expect(try keyring().entry(for: profile.folder).slot(0).store(WireCodec.encodeUTF8(secret)))
        #expect(throws: AccountProblem.ended(.gone)) { try store().read() }
        var project = profile.account.owner
        project.project = try ProjectAddress("http://127.0.0.1:2")
        let foreign = KeyringSecret(tokens, of: project)
        #expect(try keyring().entry(for: profile.folder).slot(0).store(WireCodec.encodeUTF8(foreign)))
        #expect(throws: AccountProblem.ended(.gone)) { try store().read() }
    }

    /// The first version had one place, and did not say in it whose it is.
    @Test func readsTheFirstVersions() async throws {
        try install(Self.works)
        guard case .active(let tokens) = profile.account.state else { return }
        #expect(try keyring().entry(for: profile.folder).store(WireCodec.encodeUTF8(tokens)))
        let text =
            #"{"version":1,"project":"http://127.0.0.1:1","key":"sb_publishable_x","user":"anna","#
            + #""email":"anna@example.org","name":"Анна","keyring":7}"#
        try OwnFile.replace(profile.folder + "/session.json", with: Array(text.utf8))
        #expect(try store().read() == profile.account)
        #expect(places == ["secret.folder"])
        profile.clocks.pass(3500)
        #expect(try await profile.keeper(store: store()).accessToken() == "a1")
        #expect(places == ["secret.folder"])
        #expect(try await profile.keeper(store: store()).accessToken() == "a1")
        try await store().replace(with: profile.account)
        #expect(places == ["secret.slot-0"])
        #expect(try store().read() == profile.account)
    }

    @Test func eachLogInTakesTheOtherPlace() async throws {
        try install(Self.works)
        for round in 0..<4 {
            try await store().replace(with: round % 2 == 0 ? profile.account : somebodyElse())
            #expect(places == ["secret.slot-\(round % 2)"])
        }
    }

    private func keyring(limit: Duration = .seconds(5)) throws -> Keyring {
        try #require(Keyring.find(account: "work", environment: ["PATH": bin], limit: limit))
    }

    private var calls: [String] {
        ((try? String(contentsOfFile: profile.root + "/calls", encoding: .utf8)) ?? "").split(separator: "\n")
            .map(String.init)
    }

    private var file: String {
        get throws { try String(contentsOfFile: profile.folder + "/session.json", encoding: .utf8) }
    }

    @Test func keepsTheTokensOutOfTheFile() async throws {
        try install(Self.works)
        let store = AccountStore(folder: profile.folder, keyring: try keyring())
        try await store.replace(with: profile.account)
        #expect(try !file.contains("a0") && !file.contains("r0"))
        #expect(try file.contains("anna@example.org"))
        // The file says that nothing has changed, so the keyring is not asked again.
        let before = calls.count
        #expect(try store.read() == profile.account)
        #expect(calls.count == before)
        // Another process has to ask.
        #expect(try AccountStore(folder: profile.folder, keyring: try keyring()).read() == profile.account)
        #expect(calls.count == before + 1)
        // Everybody on the machine can read a program's arguments.
        #expect(!calls.contains { $0.contains("a0") || $0.contains("r0") })
        #expect(calls.first == "store --label=chat-tui: work service chat-tui slot-0 \(profile.folder)")
        try await store.remove()
        #expect(calls.last == "clear service chat-tui slot-1 \(profile.folder)")
        #expect(places == [])
    }

    @Test func windowsShareIt() async throws {
        try install(Self.works)
        try await AccountStore(folder: profile.folder, keyring: try keyring()).replace(with: profile.account)
        let windows = try (0..<2).map { _ in
            profile.keeper(store: AccountStore(folder: profile.folder, keyring: try keyring()))
        }
        for round in 1...3 {
            profile.clocks.pass(3500)
            async let first = windows[0].accessToken()
            async let second = windows[1].accessToken()
            #expect(try await [first, second] == ["a\(round)", "a\(round)"])
        }
        #expect(profile.service.requests == 3)
        #expect(try !file.contains("a3"))
    }

    /// Killed between the keyring and the file: the keyring's tokens are newer than the file knows.
    @Test func killedBeforeTheFile() async throws {
        try install(Self.works)
        try await AccountStore(folder: profile.folder, keyring: try keyring()).replace(with: profile.account)
        let window = profile.keeper(store: AccountStore(folder: profile.folder, keyring: try keyring()))
        #expect(try await window.accessToken() == "a0")
        let dying = AccountStore(folder: profile.folder, keyring: try keyring()) { path, _ throws(FileProblem) in
            throw FileProblem(path: path, reason: .system(EIO))
        }
        profile.clocks.pass(3500)
        #expect(try await profile.keeper(store: dying).accessToken() == "a1")
        #expect(try await window.accessToken() == "a1")
        profile.clocks.pass(3500)
        #expect(try await window.accessToken() == "a2")
        #expect(!profile.service.isOver)
    }

    /// Without a keyring that answers, the tokens are in the file, and nothing is said.
    @Test(arguments: [
        "exit 1", "echo no bus >&2; exit 1", "kill -9 $$", "cat >/dev/null; exit 0", "cat >/dev/null; echo nonsense",
        "sleep 60", "case $1 in store) cat >/dev/null;; *) cat /dev/zero;; esac",
        "case $1 in store) cat >/dev/null;; *) while :; do echo y; done;; esac",
    ]) func fallsBackToTheFile(script: String) async throws {
        try install(script)
        let begin = ContinuousClock.now
        let store = AccountStore(folder: profile.folder, keyring: try keyring(limit: .milliseconds(500)))
        try await store.replace(with: profile.account)
        #expect(.now - begin < .seconds(10))
        #expect(try store.read() == profile.account)
        #expect(try AccountStore(folder: profile.folder).read() == profile.account)
    }

    /// The keyring stops answering: what is in it cannot be read, and the file says where it is.
    @Test func isSilentLater() async throws {
        try install(Self.works)
        let store = AccountStore(folder: profile.folder, keyring: try keyring())
        try await store.replace(with: profile.account)
        try install("exit 1")
        #expect(try store.read() == profile.account)
        #expect(throws: AccountProblem.keyringSilent) { try store.read(asksKeyring: true) }
        #expect(throws: AccountProblem.keyringSilent) { try AccountStore(folder: profile.folder).read() }
        #expect(try store.readUser()?.user == profile.account.user)
    }

    /// The real keyring, where its programs are installed: `libsecret-tools`, `gnome-keyring` and `dbus`. The test runs
    /// itself again on a session bus of its own.
    @Test func theRealOne() async throws {
        let environment = ProcessInfo.processInfo.environment
        let names = ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"]
        guard names.allSatisfy({ ChildProcess.path(of: $0, environment: environment) != nil }) else { return }
        let bus = profile.root + "/bus"
        try FileManager.default.createDirectory(
            atPath: bus, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // The program in the place of `secret-tool` runs the real one on this bus.
        let server = """
            export HOME='\(bus)' XDG_RUNTIME_DIR='\(bus)'
            echo pw | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
            echo "$DBUS_SESSION_BUS_ADDRESS" > '\(bus)/address.new' && mv '\(bus)/address.new' '\(bus)/address'
            exec sleep 120
            """
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let session = try ChildProcess.start(
            ["dbus-run-session", "--", "sh", "-c", server], in: .piped(input: null, output: nil))
        defer {
            kill(-session, SIGTERM)
            _ = ChildProcess.waitForEnd(of: session)
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while !FileManager.default.fileExists(atPath: bus + "/address") {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(20))
        }
        let real = try #require(ChildProcess.path(of: "secret-tool", environment: environment))
        try install(
            "HOME='\(bus)' XDG_RUNTIME_DIR='\(bus)' DBUS_SESSION_BUS_ADDRESS=$(cat '\(bus)/address') exec '\(real)' \"$@\""
        )
        let keyring = try keyring(limit: .seconds(20))
        let store = AccountStore(folder: profile.folder, keyring: keyring)
        #expect(keyring.entry(for: profile.folder).slot(0).lookUp() == nil)
        try await store.replace(with: profile.account)
        #expect(try !file.contains("a0"))
        #expect(try AccountStore(folder: profile.folder, keyring: keyring).read() == profile.account)
        profile.clocks.pass(3500)
        #expect(try await profile.keeper(store: store).accessToken() == "a1")
        #expect(try store.read(asksKeyring: true)?.state != profile.account.state)
        // Another session of the same user has an entry of its own.
        let other = AccountStore(folder: profile.root + "/other", keyring: keyring)
        try await other.replace(with: profile.account)
        #expect(try other.read() != store.read(asksKeyring: true))
        try await store.remove()
        #expect(try other.read(asksKeyring: true) == profile.account)
        #expect(keyring.entry(for: profile.folder).slot(0).lookUp() == nil)
    }

    @Test func isNotThere() {
        #expect(Keyring.find(account: "x", environment: ["PATH": profile.root]) == nil)
        #expect(Keyring.find(account: "x", environment: [:]) == nil)
    }
}
