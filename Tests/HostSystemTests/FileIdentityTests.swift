import Foundation
import Testing

@testable import HostSystem

@Suite struct FileIdentityTests {
    private let path = NSTemporaryDirectory() + "identity-\(UUID().uuidString)"

    /// On some systems, once a file's times have been read, its next write gets an exact time, and the disk has one
    /// more thing to write. On other files a write gets the time of the last tick, which is before the write.
    @Test func lookingAtAFileLeavesItsNextWriteAsItWas() throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        let attempts = 200
        let exact = (0..<attempts).count { _ in
            write(descriptor, "a", 1)
            _ = (FileIdentity(path: path), FileIdentity(descriptor: descriptor), FileSize.bytes(of: path))
            var (before, status) = (timespec(), stat())
            clock_gettime(CLOCK_REALTIME, &before)
            write(descriptor, "b", 1)
            fstat(descriptor, &status)
            let changed = status.st_mtim
            return (changed.tv_sec, changed.tv_nsec) >= (before.tv_sec, before.tv_nsec)
        }
        #expect(exact < attempts / 2)
    }

    @Test func theSameFileByNameAndWhenOpen() throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        write(descriptor, "four", 4)
        #expect(FileSize.bytes(of: path) == 4)
        #expect(FileIdentity(path: path) != nil)
        #expect(FileIdentity(path: path) == FileIdentity(descriptor: descriptor))
        #expect(FileIdentity(path: path) != FileIdentity(path: NSTemporaryDirectory()))
        unlink(path)
        #expect(FileIdentity(path: path) == nil && errno == ENOENT)
        #expect(FileSize.bytes(of: path) == 0)
    }
}
