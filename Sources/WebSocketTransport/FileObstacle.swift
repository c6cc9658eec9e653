import CLibrary
import HostSystem

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
