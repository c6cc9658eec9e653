import CLibrary
import HostSystem

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

    init(_ problem: InputFile.Problem) {
        switch problem {
        case .notAFile: self = .notAFile
        case .silent: self = .silent
        case .tooLong: self = .tooLong
        case .system(ENOENT), .system(ENOTDIR): self = .missing
        case .system(EACCES), .system(EPERM): self = .notPermitted
        case .system(let number): self = .system(number)
        }
    }
}
