import Foundation
import Testing

@testable import HostSystem

@Suite struct SecretFileTests {
    private let folder: String
    private let path: String

    init() throws {
        folder = try PrivateFile.makeTemporaryFolder("secret-file")
        path = folder + "/secret"
    }

    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? [] }

    @Test func isReplacedWhole() throws {
        #expect(try OwnFile.readSecret(path, limit: 10) == nil)
        let old = umask(0)
        try OwnFile.replace(path, with: Array("one".utf8))
        umask(0o777)
        try OwnFile.replace(path, with: Array("two".utf8))
        umask(old)
        #expect(try OwnFile.readSecret(path, limit: 3) == Array("two".utf8))
        #expect(throws: FileProblem(path: path, reason: .otherContent)) { try OwnFile.readSecret(path, limit: 2) }
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(names == ["secret"])
        try OwnFile.remove(path)
        try OwnFile.remove(path)
        #expect(names == [])
    }

    @Test func holdsALock() async throws {
        var first = try await FileLock.take(path, patience: .zero)
        #expect(first != nil)
        #expect(try await FileLock.take(path, patience: .milliseconds(20)) == nil)
        async let second = FileLock.take(path, patience: .seconds(30))
        first = nil
        #expect(try await second != nil)
    }

    /// The kernel releases the lock of a process that was killed.
    @Test func aKilledHolder() async throws {
        let program = try #require(ChildProcess.path(of: "flock"))
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let holder = try ChildProcess.start(
            ["flock", path, "sleep", "3600"], program: program, in: .piped(input: null, output: nil))
        // Among all other tests it may be minutes until this one runs again. A process that has ended and waits for `kill`
        // would also keep exit tests from ending.
        let limit = ContinuousClock.now + .seconds(300)
        while try await FileLock.take(path, patience: .zero) != nil, .now < limit {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(.now < limit)
        kill(-holder, SIGKILL)
        _ = ChildProcess.waitForEnd(of: holder)
        #expect(try await FileLock.take(path, patience: .seconds(30)) != nil)
    }

    /// A program that does not end, or writes without an end, is ended.
    @Test(arguments: ["sleep 60", "cat /dev/zero", "while :; do echo y; done"]) func timedProcess(script: String) throws
    {
        let begin = ContinuousClock.now
        let process = TimedProcess(
            words: ["sh", "-c", script], program: "/bin/sh", wantsOutput: true, maxOutputBytes: 100_000,
            limit: .milliseconds(500))
        #expect(process.run(input: []) == nil)
        #expect(.now - begin < .seconds(10))
    }

    /// The program ends before it has read anything. That must not end this one.
    @Test func timedProcessDoesNotRead() throws {
        signal(SIGPIPE, SIG_IGN)
        for _ in 1...20 {
            let process = TimedProcess(words: ["true"], program: "/bin/true", limit: .seconds(10))
            #expect(process.run(input: [UInt8](repeating: 7, count: 300_000)) == nil)
        }
    }

    @Test func timedProcessPassesOn() throws {
        let process = TimedProcess(words: ["cat"], program: "/bin/cat", wantsOutput: true, limit: .seconds(10))
        let text = [UInt8](repeating: 7, count: 300_000)
        #expect(process.run(input: text) == text)
    }
}
