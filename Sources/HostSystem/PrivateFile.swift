import Foundation

/// What the programs make for this user alone, whatever the umask: always new, so nothing of anybody's is opened.
public enum PrivateFile {
    /// Makes a file of mode 0600, where there is nothing of the name, no link either.
    /// - Returns: its descriptor.
    public static func make(_ path: String, _ flags: Int32 = O_RDWR) throws(FileProblem) -> Int32 {
        let descriptor = open(path, flags | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileProblem(path: path, reason: .system(errno)) }
        fchmod(descriptor, 0o600)
        return descriptor
    }

    /// Makes a file of mode 0600 beside another, on the same file system, under a name of the system's choice.
    public static func makeTemporary(beside path: String) throws(FileProblem) -> (descriptor: Int32, path: String) {
        var template = Array((path + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw FileProblem(path: path, reason: .system(errno)) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return (descriptor, text(template))
    }

    /// Makes a folder of mode 0700 among the system's temporary files.
    public static func makeTemporaryFolder(_ name: String) throws(FileProblem) -> String {
        let path = NSTemporaryDirectory() + name
        var template = Array((path + "-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw FileProblem(path: path, reason: .system(errno)) }
        return text(template)
    }

    private static func text(_ template: [CChar]) -> String {
        String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
