import Foundation

/// The file of the running program.
public enum RunningProgram {
    /// The text that the system adds to the name of a file that was removed or replaced (proc(5)).
    private static let removed = " (deleted)"

    /// Returns the path that starts this program again. If another file has been installed in its place, it is that
    /// one. If the file was removed, it is the link, which still leads to it.
    ///
    /// - Parameter link: The link to the running program's file.
    public static func path(_ link: String = "/proc/self/exe") -> String {
        guard var path = try? FileManager.default.destinationOfSymbolicLink(atPath: link) else { return link }
        if path.hasSuffix(removed) { path.removeLast(removed.count) }
        return isProgram(path) ? path : link
    }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && FileManager.default.isExecutableFile(atPath: path)
    }
}
