import CFileStatus

/// The identity of a file: its device and inode.
public struct FileIdentity: Hashable, Sendable {
    private var device: UInt64
    private var inode: UInt64

    /// Returns nil, with `errno` set, if there is no such file.
    /// - Parameter followsLinks: Whether a symbolic link stands for its target, and not for itself.
    public init?(path: String, followsLinks: Bool = true) {
        var status = chat_file_status()
        let result = followsLinks ? chat_file_status(path, &status) : chat_link_status(path, &status)
        guard result == 0 else { return nil }
        (device, inode) = (status.device, status.inode)
    }

    public init?(descriptor: CInt) {
        var status = chat_file_status()
        guard chat_open_file_status(descriptor, &status) == 0 else { return nil }
        (device, inode) = (status.device, status.inode)
    }
}

/// The size of a file.
public enum FileSize {
    /// The size in bytes; 0 if the file does not exist. Times are not requested, because a request for them makes the
    /// file's next write more expensive.
    public static func bytes(of path: String) -> Int {
        var status = chat_file_status()
        return chat_file_status(path, &status) == 0 ? Int(status.size) : 0
    }

    /// The size in bytes; 0 if the descriptor is not open.
    public static func bytes(of descriptor: CInt) -> Int {
        var status = chat_file_status()
        return chat_open_file_status(descriptor, &status) == 0 ? Int(status.size) : 0
    }
}
