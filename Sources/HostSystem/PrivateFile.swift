import Foundation

/// Creates files and folders for this user alone, whatever the umask is. They are always new, so nothing existing is
/// opened.
public enum PrivateFile {
    /// Creates a file of mode 0600. It fails if the name exists, even as a link.
    /// - Returns: the file's descriptor.
    public static func make(_ path: String, _ flags: Int32 = O_RDWR) throws(FileProblem) -> Int32 {
        let descriptor = open(path, flags | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileProblem(path: path, reason: .system(errno)) }
        fchmod(descriptor, 0o600)
        return descriptor
    }

    /// Creates a file of mode 0600 beside another one, on the same file system. The system chooses its name.
    public static func makeTemporary(beside path: String) throws(FileProblem) -> (descriptor: Int32, path: String) {
        var template = Array((path + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw FileProblem(path: path, reason: .system(errno)) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        fchmod(descriptor, 0o600)
        return (descriptor, text(template))
    }

    /// Creates a folder of mode 0700. The system chooses the end of its name.
    /// - Parameter parent: The folder that it is in; nil for the system's folder for temporary files.
    public static func makeTemporaryFolder(_ name: String, in parent: String? = nil) throws(FileProblem) -> String {
        let path = (parent.map { $0 + "/" } ?? NSTemporaryDirectory()) + name
        var template = Array((path + "-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw FileProblem(path: path, reason: .system(errno)) }
        return text(template)
    }

    private static func text(_ template: [CChar]) -> String {
        String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
