import Foundation

/// Folders that hold files of this user alone.
///
/// An existing folder keeps its mode and owner, since it may be a home or be shared. The files in it have modes of
/// their own, so it is enough that nobody else can replace them.
public enum PrivateFolder {
    /// Creates the folder and its missing parents with mode 0700, and checks it.
    /// - Returns: whether others can read the folder.
    @discardableResult
    public static func prepare(_ path: String) throws(FileProblem) -> Bool {
        try make(path)
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileProblem(path: path, reason: .system(errno)) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw FileProblem(path: path, reason: .notAFolder) }
        // The system's folders, such as /tmp, belong to the superuser.
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw FileProblem(path: path, reason: .foreign)
        }
        let anybodyReplaces = status.st_mode & S_IWOTH != 0 && status.st_mode & S_ISVTX == 0
        if anybodyReplaces { throw FileProblem(path: path, reason: .openToOthers) }
        return status.st_mode & (S_IRWXG | S_IRWXO) != 0
    }

    /// Creates the folder and its missing parents with mode 0700. An existing folder is not checked.
    public static func make(_ path: String) throws(FileProblem) {
        if access(path, F_OK) == 0 { return }
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if parent != path { try make(parent) }
        // The umask may have removed bits, so the mode is set again.
        let isMade = mkdir(path, 0o700) == 0 ? chmod(path, 0o700) == 0 : errno == EEXIST
        guard isMade else { throw FileProblem(path: path, reason: .system(errno)) }
    }

    /// Syncs the folder's entries to the disk, if the system supports it.
    public static func sync(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Whether there is nothing at the path, so that a folder would have to be created.
    public static func isMissing(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 && errno == ENOENT && lstat(path, &status) != 0
    }

    public static func exists(_ path: String) -> Bool { folder(path) != nil }

    /// Whether the path is a folder, or does not exist.
    public static func canBe(_ path: String) -> Bool {
        var status = stat()
        return exists(path) || stat(path, &status) != 0 && errno == ENOENT
    }

    /// Whether the folder belongs to this user and only they may change its content, as the XDG Base Directory
    /// Specification requires of `XDG_RUNTIME_DIR`.
    public static func isOwn(_ path: String) -> Bool {
        guard let status = folder(path) else { return false }
        return status.st_uid == geteuid() && status.st_mode & (S_IWGRP | S_IWOTH) == 0
    }

    /// Returns nil if there is no folder.
    private static func folder(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? status : nil
    }
}
