import ChatWire
import ClientUpdates
import Foundation
import HostSystem
import Synchronization
import Terminal

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
        var end: ChildEnd?
    }

    /// A server that is ending holds the socket for a while yet: those started meanwhile end at once, so not too many.
    private static let pauseBetweenStarts: Duration = .seconds(1)

    init(_ folders: StandardFolders, socketPath: String) {
        self.folders = folders
        self.socketPath = socketPath
    }

    /// Starts a server, unless one started before is still on its way. It lives on when this program ends, and ends by
    /// itself a minute after its last client left. Of two started at once, the second finds the socket taken and ends.
    func start() throws(LinkEnd) {
        try last.withLock { last throws(LinkEnd) in
            if let start = last {
                guard let end = start.end else { return }
                if end != .exited(code: 0), !start.hasAnswered {
                    last = nil
                    throw .notStarted(.ended(log: logPath()))
                }
                if .now - start.time < Self.pauseBetweenStarts { return }
            }
            let process = try spawn()
            last = Start(process: process, time: .now)
            waitForEnd(of: process)
        }
    }

    /// Nothing of it is left among the processes then, as there would be until this program's end.
    private func waitForEnd(of process: pid_t) {
        Thread.detachNewThread { [weak self] in
            let end = ChildProcess.waitForEnd(of: process)
            self?.last.withLock { if $0?.process == process { $0?.end = end } }
        }
    }

    /// It was connected to.
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

    /// Its folder is made for this user alone. Nil where it can have none.
    private func logPath() -> String? {
        guard let path = folders.serverLog else { return nil }
        LogFile.setAsideIfLong(path)
        guard let descriptor = try? LogFile.open(path) else { return nil }
        close(descriptor)
        return path
    }

    /// No secret of this user's goes to a program that outlives this one, and nothing meant for another server.
    private func environment() -> [String] {
        ProcessInfo.processInfo.environment
            .filter { name, _ in
                name != "DATABASE_URL" && !["CHAT_", "SUPABASE_"].contains(where: name.hasPrefix)
            }
            .map { "\($0.key)=\($0.value)" }
    }
}
