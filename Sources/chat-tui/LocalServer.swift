import ChatWire
import ClientUpdates
import Foundation
import HostSystem
import Synchronization

/// This user's own server. It is reached by its Unix socket, and started if nobody answers there.
final class LocalServer: Sendable {
    let socketPath: String
    private let folders: StandardFolders
    private let last = Mutex<Start?>(nil)

    /// The last process that was started.
    private struct Start {
        var process: pid_t
        var time: ContinuousClock.Instant
        /// Whether a client has connected to it. After that its end is no error: another server may be started.
        var hasAnswered = false
        /// Nil while the process runs.
        var end: ChildEnd?
    }

    /// A server that is ending still holds the socket for a short time, so new ones end at once. The pause limits how
    /// many are started.
    private static let pauseBetweenStarts: Duration = .seconds(1)

    init(_ folders: StandardFolders, socketPath: String) {
        self.folders = folders
        self.socketPath = socketPath
    }

    /// Starts a server, unless one is starting already. It continues when this program ends, and ends a minute after
    /// its last client has left. If two are started at once, the second one finds the socket taken and ends.
    func start() throws(LinkEnd) {
        try last.withLock { last throws(LinkEnd) in
            if let start = last {
                guard let end = start.end else { return }
                if end != .exited(code: 0), !start.hasAnswered {
                    last = nil
                    if end == .exited(code: LocalServerCommand.storeInUse), let path = folders.serverStore {
                        throw .notStarted(.storeInUse(path: path))
                    }
                    throw .notStarted(.ended(log: logPath()))
                }
                if .now - start.time < Self.pauseBetweenStarts { return }
            }
            let process = try spawn()
            last = Start(process: process, time: .now)
            waitForEnd(of: process)
        }
    }

    /// Waits for the process, so that it does not stay a zombie.
    private func waitForEnd(of process: pid_t) {
        Thread.detachNewThread { [weak self] in
            let end = ChildProcess.waitForEnd(of: process)
            self?.last.withLock { if $0?.process == process { $0?.end = end } }
        }
    }

    /// A client has connected to the server.
    func answered() {
        last.withLock { $0?.hasAnswered = true }
    }

    private func spawn() throws(LinkEnd) -> pid_t {
        guard let store = folders.serverStore else { throw .unusable(.homeless) }
        let words = LocalServerCommand.words(socket: socketPath, store: store)
        do throws(ChildProcess.Failure) {
            return try ChildProcess.start(
                [LocalServerCommand.processName] + words, program: RunningProgram.path(),
                in: .ownSession(errors: logPath() ?? "/dev/null"), environment: environment())
        } catch {
            throw .notStarted(.systemCall("posix_spawn", error.number))
        }
    }

    /// Creates the log file and its folder, for this user only.
    /// - Returns: nil if the file cannot be created.
    private func logPath() -> String? {
        guard let path = folders.serverLog else { return nil }
        LogFile.setAsideIfLong(path)
        guard let descriptor = try? LogFile.open(path) else { return nil }
        close(descriptor)
        return path
    }

    /// This program's environment without secrets and without settings for other servers, since the server outlives
    /// this program.
    private func environment() -> [String] {
        ProcessInfo.processInfo.environment
            .filter { name, _ in
                name != "DATABASE_URL" && !["CHAT_", "SUPABASE_"].contains(where: name.hasPrefix)
            }
            .map { "\($0.key)=\($0.value)" }
    }
}
