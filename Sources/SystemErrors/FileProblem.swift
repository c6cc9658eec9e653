import CLibrary

/// Why a file or folder is not used. Nothing was changed.
public struct FileProblem: Error, Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        case notAFolder
        case notAFile
        /// A symbolic link, or one of several names of a file: where it leads was not this program's choice.
        case link
        case foreign
        /// Others could put another file in the place of this one.
        case openToOthers
        /// It holds what this program did not write.
        case otherContent
        /// The system's error.
        case system(Int32)
    }

    public let path: String
    public let reason: Reason

    public init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }
}

extension FileProblem: CustomStringConvertible {
    /// Without the path, for logs.
    public var description: String {
        switch reason {
        case .notAFolder: "it is not a folder"
        case .notAFile: "it is not a regular file"
        case .link: "it is a link; give the path of the file itself"
        case .foreign: "it belongs to another user"
        case .openToOthers: "anybody may replace the files in its folder"
        case .otherContent: "it holds what this program did not write"
        case .system(let number): String(cString: strerror(number))
        }
    }
}
