import ChatWire
import Foundation
import Synchronization

/// This user's own server: found on its Unix socket, started where nobody answers there.
final class LocalServer: Sendable {
    let socketPath: String
    private let folders: StandardFolders
    private let last = Mutex<Start?>(nil)

    /// The process started last.
    private struct Start {
        var process: pid_t
        var time: ContinuousClock.Instant
        /// Nil while it runs.
        var status: Int32?
    }

    /// A server that is ending holds the socket for a while yet: those started meanwhile end at once, so not too many.
    private static let pauseBetweenStarts: Duration = .seconds(1)

    enum StartFailure: Error {
        /// Neither beside this program nor in PATH.
        case programMissing
        case systemCall(String, Int32)
        /// The server ended by itself; its log says why.
        case ended(log: String)
    }

    init(_ folders: StandardFolders) {
        self.folders = folders
        socketPath = folders.localSocket
    }

    /// Starts a server, unless one started before is still on its way. It lives on when this program ends, and ends by
    /// itself a minute after its last client left. Of two started at once, the second finds the socket taken and ends.
    func start() throws(StartFailure) {
        try last.withLock { last throws(StartFailure) in
            if var start = last {
                var status: Int32 = 0
                if start.status == nil, waitpid(start.process, &status, WNOHANG) == start.process {
                    start.status = status
                }
                last = start
                guard let status = start.status else { return }
                if status != 0 {
                    last = nil
                    throw .ended(log: folders.serverLog)
                }
                if .now - start.time < Self.pauseBetweenStarts { return }
            }
            last = Start(process: try spawn(), time: .now)
        }
    }

    private func spawn() throws(StartFailure) -> pid_t {
        guard let program = Self.program() else { throw .programMissing }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, logPath(), O_WRONLY | O_APPEND | O_CREAT, 0o600)
        // A session of its own: the terminal's Ctrl-C and hang-up do not reach it. Signals are as in a fresh program.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | 0x80  // POSIX_SPAWN_SETSID
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let arguments = [
            program, "--port", "none", "--unix", socketPath, "--store", "sqlite:\(folders.serverStore)",
            "--exit-when-idle", "60",
        ]
        var process: pid_t = 0
        let result = withCStrings(arguments) { arguments in
            withCStrings(environment()) { posix_spawn(&process, program, &actions, &attributes, arguments, $0) }
        }
        guard result == 0 else { throw .systemCall("posix_spawn", result) }
        return process
    }

    /// Its folder is made for this user alone.
    private func logPath() -> String {
        let folder = (folders.serverLog as NSString).deletingLastPathComponent
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return FileManager.default.isWritableFile(atPath: folder) ? folders.serverLog : "/dev/null"
    }

    /// No secret of this user's goes to a program that outlives this one, and nothing meant for another server.
    private func environment() -> [String] {
        ProcessInfo.processInfo.environment
            .filter { name, _ in
                name != "DATABASE_URL" && !["CHAT_", "SUPABASE_"].contains(where: name.hasPrefix)
            }
            .map { "\($0.key)=\($0.value)" }
    }

    /// `chat-server` beside this program, else the one in PATH.
    private static func program() -> String? {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let beside = (own as NSString).deletingLastPathComponent
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return ([beside] + path).filter { $0.hasPrefix("/") }.map { $0 + "/chat-server" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// Calls `body` with a NULL-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return body(&pointers)
}
