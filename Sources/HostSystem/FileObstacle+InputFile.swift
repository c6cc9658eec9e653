import Foundation

extension FileObstacle {
    public init(_ problem: InputFile.Problem) {
        switch problem {
        case .folder: self = .folder
        case .notAFile: self = .notAFile
        case .silent: self = .silent
        case .tooLong: self = .tooLong
        case .system(ENOENT), .system(ENOTDIR): self = .missing
        case .system(EACCES), .system(EPERM): self = .notPermitted
        case .system(let number): self = .system(number)
        }
    }
}
