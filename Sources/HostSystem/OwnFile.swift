import Foundation

/// Files that only this user may use. No link is followed. Nothing is opened before it is known to be a regular file of
/// this user, because opening a device or a pipe may have an effect.
public enum OwnFile {
    /// Checks a file.
    /// - Parameter allowsHardLinks: Whether the file may have several names. This is for files whose content shows that
    ///   they belong to this program.
    /// - Returns: false if there is no file.
    public static func check(_ path: String, allowsHardLinks: Bool = false) throws(FileProblem) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return false }
            throw FileProblem(path: path, reason: .system(errno))
        }
        try check(status, path, allowsHardLinks: allowsHardLinks)
        return true
    }

    private static func check(_ status: stat, _ path: String, allowsHardLinks: Bool = false) throws(FileProblem) {
        if status.st_mode & S_IFMT == S_IFLNK { throw FileProblem(path: path, reason: .link) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileProblem(path: path, reason: .notAFile) }
        guard status.st_uid == geteuid() else { throw FileProblem(path: path, reason: .foreign) }
        guard allowsHardLinks || status.st_nlink <= 1 else { throw FileProblem(path: path, reason: .link) }
    }

    /// Opens the file, or creates it with mode 0600. An existing file keeps its mode.
    /// - Parameter flags: The flags of open(2), such as `O_RDWR`.
    public static func open(_ path: String, _ flags: Int32) throws(FileProblem) -> Int32 {
        if try !check(path) {
            do throws(FileProblem) {
                return try PrivateFile.make(path, flags)
            } catch {
                // Another program of this user has created it meanwhile.
                guard error.reason == .system(EEXIST) else { throw error }
            }
        }
        let descriptor = Foundation.open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw FileProblem(path: path, reason: errno == ELOOP ? .link : .system(errno))
        }
        // The name may lead to another file by now.
        do throws(FileProblem) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw FileProblem(path: path, reason: .system(errno)) }
            // The file may have been removed meanwhile, so its number of names may be 0.
            try check(status, path)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Opens a log for appending. `/dev/null` is allowed. A file that does not begin with a line of a log belongs to
    /// something else and is refused.
    public static func openLog(_ path: String) throws(FileProblem) -> Int32 {
        if NullDevice.isAt(path) { return Foundation.open("/dev/null", O_WRONLY | O_CLOEXEC) }
        let descriptor = try open(path, O_RDWR | O_APPEND)
        var start = [UInt8](repeating: 0, count: 11)
        let count = pread(descriptor, &start, start.count, 0)
        if count == 0 || count > 0 && isDate(start.prefix(count)) { return descriptor }
        close(descriptor)
        throw FileProblem(path: path, reason: .otherContent)
    }

    /// Whether the text begins with a date such as `2024-11-20T`.
    private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count == 11
            && zip(bytes, "0000-00-00T".utf8).allSatisfy { byte, sample in
                sample == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == sample
            }
    }
}
