import Foundation

/// Folders that hold files of this user alone.
///
/// A folder that was there before keeps its mode and owner: it may be a home, or shared. The files in it have modes of
/// their own, so it is enough that nobody else can replace them.
public enum PrivateFolder {
    /// Makes the folder and those missing above it, with mode 0700.
    /// - Returns: whether others can look into it.
    @discardableResult
    public static func prepare(_ path: String) throws(FileProblem) -> Bool {
        try make(path)
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileProblem(path: path, reason: .system(errno)) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw FileProblem(path: path, reason: .notAFolder) }
        // The system's folders, such as /tmp, are the superuser's.
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw FileProblem(path: path, reason: .foreign)
        }
        let anybodyReplaces = status.st_mode & S_IWOTH != 0 && status.st_mode & S_ISVTX == 0
        if anybodyReplaces { throw FileProblem(path: path, reason: .openToOthers) }
        return status.st_mode & (S_IRWXG | S_IRWXO) != 0
    }

    /// Makes the folder and those missing above it, with mode 0700. What is there already is not looked at.
    public static func make(_ path: String) throws(FileProblem) {
        if access(path, F_OK) == 0 { return }
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if parent != path { try make(parent) }
        // The mode is set once more, for the umask may have taken from it.
        let isMade = mkdir(path, 0o700) == 0 ? chmod(path, 0o700) == 0 : errno == EEXIST
        guard isMade else { throw FileProblem(path: path, reason: .system(errno)) }
    }

    /// Brings the names in the folder to the disk, as far as the system lets it.
    public static func sync(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { return }
        fsync(descriptor)
        close(descriptor)
    }

    public static func exists(_ path: String) -> Bool { folder(path) != nil }

    /// Whether it is a folder, or nothing yet.
    public static func canBe(_ path: String) -> Bool {
        var status = stat()
        return exists(path) || stat(path, &status) != 0 && errno == ENOENT
    }

    /// Whether it is this user's, and only they may change what is in it, as the XDG Base Directory Specification asks of
    /// `XDG_RUNTIME_DIR`.
    public static func isOwn(_ path: String) -> Bool {
        guard let status = folder(path) else { return false }
        return status.st_uid == geteuid() && status.st_mode & (S_IWGRP | S_IWOTH) == 0
    }

    /// Nil where there is none.
    private static func folder(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? status : nil
    }
}
