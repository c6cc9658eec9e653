import CFileStatus

/// Which file a name leads to.
public struct FileIdentity: Hashable, Sendable {
    private var device: UInt64
    private var inode: UInt64

    /// Nil, with `errno` set, where there is none.
    /// - Parameter followsLinks: Whether a symbolic link stands for the file that it leads to, and not for itself.
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

/// How large a file is.
public enum FileSize {
    /// In bytes; 0 for a file that is gone. The file's times are not asked for, so that asking costs its next write nothing.
    public static func bytes(of path: String) -> Int {
        var status = chat_file_status()
        return chat_file_status(path, &status) == 0 ? Int(status.size) : 0
    }

    /// In bytes; 0 if the descriptor is not open.
    public static func bytes(of descriptor: CInt) -> Int {
        var status = chat_file_status()
        return chat_open_file_status(descriptor, &status) == 0 ? Int(status.size) : 0
    }
}
