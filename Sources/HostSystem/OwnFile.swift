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
    /// - Parameters:
    ///   - flags: The flags of open(2), such as `O_RDWR`.
    ///   - allowsHardLinks: Whether the file may have several names.
    public static func open(
        _ path: String, _ flags: Int32, allowsHardLinks: Bool = false
    ) throws(FileProblem) -> Int32 {
        if try !check(path, allowsHardLinks: allowsHardLinks) {
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
            try check(status, path, allowsHardLinks: allowsHardLinks)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Reads a file with a secret. Others must not be able to read it.
    /// - Parameters:
    ///   - limit: The maximum size in bytes. A larger file has something else in it.
    ///   - allowsHardLinks: Whether the file may have several names.
    /// - Returns: nil if there is no file.
    public static func readSecret(
        _ path: String, limit: Int, allowsHardLinks: Bool = false
    ) throws(FileProblem) -> [UInt8]? {
        guard try check(path, allowsHardLinks: allowsHardLinks) else { return nil }
        let descriptor = Foundation.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileProblem(path: path, reason: errno == ELOOP ? .link : .system(errno))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileProblem(path: path, reason: .system(errno)) }
        try check(status, path, allowsHardLinks: allowsHardLinks)
        guard status.st_mode & (S_IRWXG | S_IRWXO) == 0 else {
            throw FileProblem(path: path, reason: .readableByOthers)
        }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + length, $0.count - length) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileProblem(path: path, reason: .system(errno)) }
            if count == 0 { return Array(bytes[..<length]) }
            length += count
        }
        throw FileProblem(path: path, reason: .otherContent)
    }

    /// Replaces a file, or creates it, with mode 0600. After a crash at any moment there is either the old file or the
    /// new one. Only one process may do this at a time: what one that was killed left behind is removed.
    /// - Parameter allowsHardLinks: Whether the file may have several names. The others keep the old content.
    public static func replace(
        _ path: String, with bytes: [UInt8], allowsHardLinks: Bool = false
    ) throws(FileProblem) {
        _ = try check(path, allowsHardLinks: allowsHardLinks)
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        let start = url.lastPathComponent + ".new."
        // mkstemp(3) puts six characters in the place of the six X.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix(start) && name.count == start.count + 6 {
            unlink("\(folder)/\(name)")
        }
        let (descriptor, temporary) = try PrivateFile.makeTemporary(beside: path + ".new")
        do throws(FileProblem) {
            defer { close(descriptor) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileProblem(path: path, reason: .system(errno)) }
                rest = rest.dropFirst(count)
            }
            guard fsync(descriptor) == 0 else { throw FileProblem(path: path, reason: .system(errno)) }
            guard rename(temporary, path) == 0 else { throw FileProblem(path: path, reason: .system(errno)) }
        } catch {
            unlink(temporary)
            throw error
        }
        PrivateFolder.sync(folder)
    }

    /// Removes the file, if there is one.
    /// - Parameter allowsHardLinks: Whether the file may have several names. The others stay.
    public static func remove(_ path: String, allowsHardLinks: Bool = false) throws(FileProblem) {
        guard try check(path, allowsHardLinks: allowsHardLinks) else { return }
        guard unlink(path) == 0 || errno == ENOENT else { throw FileProblem(path: path, reason: .system(errno)) }
        PrivateFolder.sync(URL(fileURLWithPath: path).deletingLastPathComponent().path)
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
