#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Why a file cannot be read.
public enum FileObstacle: Error, Sendable, Hashable {
    case missing
    /// It is a folder or a device.
    case notAFile
    case notPermitted
    /// It is a pipe to which nobody wrote all within five seconds.
    case silent
    /// It is longer than any such file.
    case tooLong
    /// The system's error.
    case system(CInt)

    init(errno number: CInt) {
        switch number {
        case ENOENT, ENOTDIR: self = .missing
        case EACCES, EPERM: self = .notPermitted
        default: self = .system(number)
        }
    }
}
