import Foundation

/// Files of this user alone. No link is followed, and nothing is opened before it is known to be a regular file of this
/// user's: to open a device or a pipe may do something already.
public enum OwnFile {
    /// False where there is none.
    /// - Parameter severalNames: Whether the file may have them; for one whose content shows that it is this program's.
    public static func check(_ path: String, severalNames: Bool = false) throws(FileProblem) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return false }
            throw FileProblem(path: path, reason: .system(errno))
        }
        try check(status, path, severalNames: severalNames)
        return true
    }

    private static func check(_ status: stat, _ path: String, severalNames: Bool = false) throws(FileProblem) {
        if status.st_mode & S_IFMT == S_IFLNK { throw FileProblem(path: path, reason: .link) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileProblem(path: path, reason: .notAFile) }
        guard status.st_uid == geteuid() else { throw FileProblem(path: path, reason: .foreign) }
        guard severalNames || status.st_nlink <= 1 else { throw FileProblem(path: path, reason: .link) }
    }

    /// Opens the file; makes it with mode 0600 where there is none. The mode of one that is there stays.
    /// - Parameter flags: such as `O_RDWR`.
    public static func open(_ path: String, _ flags: Int32) throws(FileProblem) -> Int32 {
        if try !check(path) {
            do throws(FileProblem) {
                return try PrivateFile.make(path, flags)
            } catch {
                // Another program of this user's was faster.
                guard error.reason == .system(EEXIST) else { throw error }
            }
        }
        let descriptor = Foundation.open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw FileProblem(path: path, reason: errno == ELOOP ? .link : .system(errno))
        }
        // Somebody may have changed the name since.
        do throws(FileProblem) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw FileProblem(path: path, reason: .system(errno)) }
            // Whoever had it before may have removed its name.
            try check(status, path)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Opens a log to write at its end. `/dev/null` will do for one; a file that begins with no line of a log is somebody's.
    public static func openLog(_ path: String) throws(FileProblem) -> Int32 {
        if NullDevice.isAt(path) { return Foundation.open("/dev/null", O_WRONLY | O_CLOEXEC) }
        let descriptor = try open(path, O_RDWR | O_APPEND)
        var start = [UInt8](repeating: 0, count: 11)
        let count = pread(descriptor, &start, start.count, 0)
        if count == 0 || count > 0 && isDate(start.prefix(count)) { return descriptor }
        close(descriptor)
        throw FileProblem(path: path, reason: .otherContent)
    }

    /// `2024-11-20T`
    private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count == 11
            && zip(bytes, "0000-00-00T".utf8).allSatisfy { byte, sample in
                sample == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == sample
            }
    }
}
