import ChatWire
import Foundation
import HostSystem
import Supabase
import Testing

@testable import AccountSession

@Suite struct AccountStoreTests {
    private let profile: Profile
    private let path: String

    init() async throws {
        profile = try await Profile()
        path = profile.folder + "/session.json"
    }

    private func mode(_ path: String) throws -> Int {
        var status = stat()
        try #require(lstat(path, &status) == 0)
        return Int(status.st_mode) & 0o7777
    }

    @Test func isPrivateWhateverTheUmaskIs() throws {
        #expect(try mode(profile.folder) == 0o700)
        #expect(try mode(path) == 0o600)
        #expect(try mode(profile.folder + "/session.lock") == 0o600)
        #expect(try profile.stored == profile.account)
    }

    @Test(arguments: [0o640, 0o604, 0o644, 0o620, 0o666, 0o610]) func readableByOthers(mode: UInt32) throws {
        chmod(path, mode)
        #expect(throws: AccountProblem.file(FileProblem(path: path, reason: .readableByOthers))) {
            try profile.stored
        }
    }

    @Test func ofAnotherUser() throws {
        // Only the superuser can give a file away.
        guard geteuid() == 0, chown(path, 12_345, 12_345) == 0 else { return }
        #expect(throws: AccountProblem.file(FileProblem(path: path, reason: .foreign))) { try profile.stored }
    }

    @Test func aFolderOfAnotherUser() throws {
        guard geteuid() == 0, chown(profile.folder, 12_345, 12_345) == 0 else { return }
        #expect(throws: AccountProblem.file(FileProblem(path: profile.folder, reason: .openToOthers))) {
            try profile.stored
        }
    }

    @Test(arguments: [0o720, 0o702, 0o777, 0o1777]) func aFolderThatOthersWriteTo(mode: UInt32) async throws {
        chmod(profile.folder, mode)
        let problem = AccountProblem.file(FileProblem(path: profile.folder, reason: .openToOthers))
        #expect(throws: problem) { try profile.stored }
        await #expect(throws: problem) { try await AccountStore(folder: profile.folder).replace(with: profile.account) }
        chmod(profile.folder, 0o700)
    }

    @Test func links() async throws {
        let other = profile.root + "/other"
        try FileManager.default.moveItem(atPath: path, toPath: other)
        symlink(other, path)
        let problem = AccountProblem.file(FileProblem(path: path, reason: .link))
        #expect(throws: problem) { try profile.stored }
        await #expect(throws: problem) { try await AccountStore(folder: profile.folder).replace(with: profile.account) }
        unlink(path)
        mkfifo(path, 0o600)
        #expect(throws: AccountProblem.file(FileProblem(path: path, reason: .notAFile))) { try profile.stored }
    }

    /// As `cp -al` makes them.
    @Test func aBackupOfHardLinks() async throws {
        let store = AccountStore(folder: profile.folder)
        for name in ["session.json", "session.lock"] { link(profile.folder + "/" + name, profile.root + "/" + name) }
        #expect(try store.read() == profile.account)
        profile.clocks.pass(3500)
        #expect(try await profile.keeper().accessToken() == "a1")
        link(path, profile.root + "/second")
        try await store.replace(with: profile.account)
        link(path, profile.root + "/third")
        try await store.remove()
        #expect(try store.read() == nil)
    }

    @Test func aLockThatIsALink() async throws {
        let lock = profile.folder + "/session.lock"
        unlink(lock)
        symlink(profile.root + "/victim", lock)
        await #expect(throws: AccountProblem.file(FileProblem(path: lock, reason: .link))) {
            try await AccountStore(folder: profile.folder).replace(with: profile.account)
        }
        #expect(!FileManager.default.fileExists(atPath: profile.root + "/victim"))
    }

    @Test(arguments: [
        "", "{}", "null", "hello", #"{"version":2}"#, String(repeating: "x", count: 100_000),
        #"{"version":1,"project":"http://evil.example","key":"sb_publishable_x","user":"u","ended":"gone"}"#,
        #"{"version":1,"project":"http://127.0.0.1:1","key":"sb_secret_x","user":"u","ended":"gone"}"#,
        #"{"version":1,"project":"http://127.0.0.1:1","key":"sb_publishable_x","user":"","ended":"gone"}"#,
        #"{"version":1,"project":"http://127.0.0.1:1","key":"sb_publishable_x","user":"u"}"#,
        #"{"version":1,"project":"http://127.0.0.1:1","key":"sb_publishable_x","user":"u","tokens":{"access":"a\r\nb","refresh":"r","lifetime":1,"received":1}}"#,
        #"{"version":1,"project":"http://127.0.0.1:1","key":"sb_publishable_x","user":"u","tokens":{"access":"a","refresh":"r","lifetime":-1,"received":1}}"#,
    ]) func otherContent(text: String) throws {
        try OwnFile.replace(path, with: Array(text.utf8))
        #expect(throws: AccountProblem.unreadable(path: path)) { try profile.stored }
    }

    /// A newer version may know more ends.
    @Test func anUnknownEnd() throws {
        let text = #"{"version":1,"project":"http://127.0.0.1:1","key":"sb_publishable_x","user":"u","ended":"new"}"#
        try OwnFile.replace(path, with: Array(text.utf8))
        #expect(try profile.stored?.state == .ended(.gone))
    }

    /// A process that was killed while it wrote leaves its file behind, with tokens in it.
    @Test func removesWhatAKilledProcessLeft() async throws {
        let left = path + ".new.aB3xYz"
        try Data("secret".utf8).write(to: URL(fileURLWithPath: left))
        try Data("mine".utf8).write(to: URL(fileURLWithPath: profile.folder + "/session.json.backup"))
        try await AccountStore(folder: profile.folder).replace(with: profile.account)
        #expect(profile.names == ["session.json", "session.json.backup", "session.lock"])
    }

    @Test func hostileNames() async throws {
        var account = profile.account
        account.user = AccountUser(id: UserID("u\u{202E}\"\\")!, email: "\"}{\u{1B}", name: "\u{0}\n")
        try await AccountStore(folder: profile.folder).replace(with: account)
        #expect(try profile.stored == account)
    }

    @Test func withoutAFolder() throws {
        let store = AccountStore(folder: profile.root + "/none")
        #expect(try store.read() == nil)
        #expect(!FileManager.default.fileExists(atPath: profile.root + "/none"))
    }
}
