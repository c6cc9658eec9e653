/// Why a file cannot be read.
public enum FileObstacle: Error, Sendable, Hashable {
    case missing
    /// The path names a folder or a device.
    case notAFile
    case notPermitted
    /// The path names a pipe, and its writer did not finish within five seconds.
    case silent
    /// The file is longer than any file of its kind.
    case tooLong
    /// The system's error (`errno`).
    case system(Int32)
}
