import Foundation

/// The file of the program that runs.
public enum RunningProgram {
    /// What the system writes behind the name of a file that was removed or replaced (proc(5)).
    private static let removed = " (deleted)"

    /// What starts it once more: what has been installed in its place since, or else itself, also where its file was removed.
    ///
    /// - Parameter link: leads to the program, whatever its file is called now.
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
