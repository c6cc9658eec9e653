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
        /// A client found it listening: however it ends after that, another one will do as well.
        var hasAnswered = false
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
                if status != 0, !start.hasAnswered {
                    last = nil
                    throw .ended(log: folders.serverLog)
                }
                if .now - start.time < Self.pauseBetweenStarts { return }
            }
            last = Start(process: try spawn(), time: .now)
        }
    }

    /// It was connected to.
    func answered() {
        last.withLock { $0?.hasAnswered = true }
    }

    private func spawn() throws(StartFailure) -> pid_t {
        guard let program = Self.program() else { throw .programMissing }
        let arguments = [
            program, "--port", "none", "--unix", socketPath, "--store", "sqlite:\(folders.serverStore)",
            "--exit-when-idle", "60",
        ]
        do throws(ChildProcess.Failure) {
            return try ChildProcess.start(
                arguments, in: .ownSession(errors: logPath()), environment: environment())
        } catch {
            throw .systemCall("posix_spawn", error.number)
        }
    }

    /// Its folder is made for this user alone.
    private func logPath() -> String {
        let folder = (folders.serverLog as NSString).deletingLastPathComponent
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard FileManager.default.isWritableFile(atPath: folder) else { return "/dev/null" }
        LogFile.setAsideIfLong(folders.serverLog)
        return folders.serverLog
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
        return ChildProcess.path(of: "chat-server", firstIn: (own as NSString).deletingLastPathComponent)
    }
}
