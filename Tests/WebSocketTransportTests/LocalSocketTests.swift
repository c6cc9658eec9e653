import Foundation
import Testing

@testable import WebSocketTransport

struct LocalSocketTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func expectFailure(
        _ path: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ matches: (LocalSocketError) -> Bool
    ) {
        do throws(LocalSocketError) {
            _ = try LocalSocket.claim(path: path)
            Issue.record("claimed", sourceLocation: sourceLocation)
        } catch {
            #expect(matches(error), "\(error)", sourceLocation: sourceLocation)
        }
    }

    @Test func makesFolderSocketAndLock() throws {
        let path = folder.path + "/run/chat.sock"
        let socket = try LocalSocket.claim(path: path)
        #expect(fileMode(folder.path + "/run") == 0o700)
        #expect(fileMode(path) == 0o600)
        #expect(fileMode(path + ".lock") == 0o600)
        expectFailure(path) { $0 == .heldByAnother(path + ".lock") }
        socket.release()
        #expect(fileMode(path) == nil)
        let again = try LocalSocket.claim(path: path)
        withExtendedLifetime(again) {}
    }

    @Test func replacesWhatACrashLeft() throws {
        let path = folder.path + "/chat.sock"
        // The socket of a crashed process: it is bound and its file is there, but nobody holds the lock.
        let crashed = try LocalSocket.claim(path: path)
        let descriptor = try crashed.takeDescriptor()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".kept")
        crashed.release()
        try FileManager.default.moveItem(atPath: path + ".kept", toPath: path)
        close(descriptor)
        let socket = try LocalSocket.claim(path: path)
        #expect(fileMode(path) == 0o600)
        withExtendedLifetime(socket) {}
    }

    @Test func onlyOneOfManyWins() async throws {
        let path = folder.path + "/chat.sock"
        let winners = await withTaskGroup(of: LocalSocket?.self) { group in
            for _ in 0..<20 { group.addTask { try? LocalSocket.claim(path: path) } }
            return await group.reduce(into: [LocalSocket]()) { winners, socket in
                if let socket { winners.append(socket) }
            }
        }
        #expect(winners.count == 1)
    }

    @Test func refusesFoldersOfOthers() throws {
        let open = folder.path + "/open"
        try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: open)
        expectFailure(open + "/chat.sock") { $0 == .unsafeFolder(open, "other users may write to it") }

        let link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
        expectFailure(link + "/chat.sock") { $0 == .unsafeFolder(link, "it is a symbolic link, or no folder") }

        expectFailure(folder.path + "/none/none/chat.sock") { error in
            if case .system(_, errno: ENOENT) = error { true } else { false }
        }
    }

    @Test func leavesOtherFilesAlone() throws {
        let path = try folder.write("chat.sock", "precious")
        expectFailure(path) { $0 == .notASocket(path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func saysWhenThePathIsTooLong() {
        let path = folder.path + "/" + String(repeating: "x", count: 100)
        expectFailure(path) { error in
            if case .pathTooLong(path, limit: 100...110) = error { true } else { false }
        }
    }
}

/// What cleaners of temporary files do to a server that has been running for long.
struct RemovedSocketTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/chat.sock" }

    init() throws { folder = try TemporaryFolder() }

    private func isHeld() -> Bool {
        do throws(LocalSocketError) {
            _ = try LocalSocket.claim(path: path)
            return false
        } catch {
            if case .heldByAnother = error { return true }
            return false
        }
    }

    @Test func withoutItsLockFileASocketThatAnswersIsLeftToItsServer() throws {
        let socket = try LocalSocket.claim(path: path)
        #expect(listen(try socket.takeDescriptor(), 1) == 0)
        #expect(socket.isInPlace)
        try FileManager.default.removeItem(atPath: path + ".lock")
        #expect(!socket.isInPlace)
        #expect(isHeld())
        // The attempt left a lock file that nobody holds.
        #expect(isHeld())
        socket.release()
        #expect(!isHeld())
    }

    @Test(arguments: [[""], [".lock"], ["", ".lock"]])
    func theServerClaimsItsPathAgain(removed: [String]) throws {
        let socket = try LocalSocket.claim(path: path)
        for suffix in removed { try FileManager.default.removeItem(atPath: path + suffix) }
        #expect(!socket.isInPlace)
        socket.release()
        let again = try LocalSocket.claim(path: path)
        #expect(again.isInPlace && isHeld())
    }

    @Test func anothersSocketIsNotRemovedAtTheEnd() throws {
        let socket = try LocalSocket.claim(path: path)
        for suffix in ["", ".lock"] { try FileManager.default.removeItem(atPath: path + suffix) }
        let other = try LocalSocket.claim(path: path)
        socket.release()
        #expect(other.isInPlace)
    }
}
