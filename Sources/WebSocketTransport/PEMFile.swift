#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Reads a file of certificates or of a key. A link may lead to it, and it may be a pipe, but neither a device nor a pipe
/// that nobody writes to keeps the program waiting.
enum PEMFile {
    /// All authorities of a system take a quarter of a megabyte.
    private static let longest = 4 << 20
    /// For a pipe.
    private static let patience: Duration = .seconds(5)

    static func bytes(_ path: String) throws(TLSFileError) -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .inaccessible(path, FileObstacle(errno: errno)) }
        guard isReadable(status) else { throw .inaccessible(path, .notAFile) }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .inaccessible(path, FileObstacle(errno: errno)) }
        defer { close(descriptor) }
        guard fstat(descriptor, &status) == 0, isReadable(status) else { throw .inaccessible(path, .notAFile) }
        do throws(FileObstacle) {
            return try read(descriptor)
        } catch {
            throw .inaccessible(path, error)
        }
    }

    private static func isReadable(_ status: stat) -> Bool {
        [S_IFREG, S_IFIFO].contains(status.st_mode & S_IFMT)
    }

    private static func read(_ descriptor: CInt) throws(FileObstacle) -> [UInt8] {
        let deadline = ContinuousClock.now + patience
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= longest {
            let left = (deadline - .now) / .milliseconds(1)
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&entry, 1, CInt(left.rounded(.up))) != 0 else { throw .silent }
            let count = systemRead(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else { throw FileObstacle(errno: errno) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
        throw .tooLong
    }
}

/// `read(2)`, under a name that methods called `read` do not hide.
private func systemRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
