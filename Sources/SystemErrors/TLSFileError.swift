/// What is wrong with the files of a TLS configuration.
public enum TLSFileError: Error, Sendable, Hashable {
    /// The file cannot be read.
    case inaccessible(String, FileObstacle)
    case empty(String)
    /// The file has no PEM content of the right kind.
    case unreadable(String)
    /// Certificate and key do not match.
    case mismatch(certificateFile: String, keyFile: String)
}
