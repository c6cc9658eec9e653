import CLibrary

/// The reason why a file or folder is not used. Nothing was changed.
public struct FileProblem: Error, Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        case notAFolder
        case notAFile
        /// A symbolic link, or a file with several names. This program has not chosen its target.
        case link
        case foreign
        /// Others could replace the file.
        case openToOthers
        /// Others can read the file, which holds a secret.
        case readableByOthers
        /// It contains something that this program did not write.
        case otherContent
        /// The `errno` of a system call.
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
    /// The reason without the path, for logs.
    public var description: String {
        switch reason {
        case .notAFolder: "it is not a folder"
        case .notAFile: "it is not a regular file"
        case .link: "it is a link; give the path of the file itself"
        case .foreign: "it belongs to another user"
        case .openToOthers: "anybody may replace the files in its folder"
        case .readableByOthers: "other users can read it"
        case .otherContent: "it holds what this program did not write"
        case .system(let number): String(cString: strerror(number))
        }
    }
}
