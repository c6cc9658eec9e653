import Foundation

/// The home folder of one test, removed after it. Its environment shows the programs no other home.
final class Home {
    let path: String

    init() throws {
        // A Unix socket's path has at most 108 bytes, so the home's path is short.
        path = "/tmp/chat-\(UUID().uuidString.prefix(8).lowercased())"
        for folder in ["", "/run"] {
            try FileManager.default.createDirectory(
                atPath: path + folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Only the search path is taken from the user who runs the tests.
    var environment: [String: String] {
        [
            "HOME": path, "XDG_CONFIG_HOME": path + "/config", "XDG_DATA_HOME": path + "/data",
            "XDG_STATE_HOME": path + "/state", "XDG_RUNTIME_DIR": path + "/run",
            "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PATH": Programs.searchPath, "TERM": "xterm-256color", "TZ": "UTC",
        ]
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: file(name), encoding: .utf8)
    }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    }

    /// Opens a file for appending.
    func appending(to name: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: file(name)) { try write("", to: name) }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file(name)))
        try handle.seekToEnd()
        return handle
    }
}
