/// What is wrong with the file of a token.
public enum TokenFileProblem: Error, Sendable, Hashable {
    /// The file cannot be read.
    case inaccessible(FileObstacle)
    case empty
    /// The content is not printable ASCII without spaces.
    case notAToken
}
