import CLibrary

/// Why a file cannot be read.
public enum FileObstacle: Error, Sendable, Hashable {
    case missing
    case folder
    /// The path names a device or a socket.
    case notAFile
    case notPermitted
    /// The path names a pipe, and its writer did not finish within five seconds.
    case silent
    /// The file is longer than any file of its kind.
    case tooLong
    /// The system's error (`errno`).
    case system(Int32)
}

extension FileObstacle: CustomStringConvertible {
    /// The reason without the path, for logs.
    public var description: String {
        switch self {
        case .missing: "there is no such file"
        case .folder: "it is a folder"
        case .notAFile: "it is a device"
        case .notPermitted: "the permission is missing"
        case .silent: "nobody wrote all of it to the pipe within 5 seconds"
        case .tooLong: "it is too large"
        case .system(let number): String(cString: strerror(number))
        }
    }
}
