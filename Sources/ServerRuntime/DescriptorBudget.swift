import Foundation
import SQLiteStore
import WebSocketTransport

/// How many sockets the process may open. The rest of its descriptors is reserved for the database, the log and the
/// fetching of keys, so that these never fail for want of one.
struct DescriptorBudget {
    /// The limit of open descriptors (RLIMIT_NOFILE).
    var limit: Int
    /// The number of descriptors that were open at the start.
    var open: Int
    /// The number of the transport's event loops.
    var loops: Int

    /// Each loop has an epoll, an eventfd and a timerfd.
    private static let descriptorsOfLoop = 3
    /// For signals, and for the clocks of Swift's runtime.
    private static let descriptorsOfProcess = 13
    /// Two addresses, the local socket, and its lock.
    private static let descriptorsOfListeners = 4
    /// A server with fewer sockets is of no use.
    private static let minSockets = 4

    /// Room for what is open for a moment: a connection to the key server, the system's list of hosts, SQLite's
    /// temporary files.
    private static let minTransient = 8
    private static let maxTransient = 64

    /// The descriptors that are open for as long as the server runs, or may be.
    private var permanent: Int {
        open + loops * Self.descriptorsOfLoop + Self.descriptorsOfProcess + Self.descriptorsOfListeners
            + SQLiteStore.maxDescriptors + WebSocketServer.socketsBeyondLimit
    }

    /// The number of open files. It leaves out epoll, eventfd and timerfd descriptors: the runtime opens these one by
    /// one, at a time of its own.
    static var openFiles: Int? {
        let folder = "/proc/self/fd"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
        return names.count { name in
            // The descriptor that lists the folder is closed by now.
            let file = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
            return file.map { !$0.hasPrefix("anon_inode:") } ?? false
        }
    }

    /// How many sockets fit, or nil if they are too few to start with.
    var sockets: Int? {
        let free = limit - permanent
        let sockets = free - max(Self.minTransient, min(Self.maxTransient, free / 8))
        return sockets >= Self.minSockets ? sockets : nil
    }

    /// The lowest limit with which the server starts.
    var needed: Int { permanent + Self.minTransient + Self.minSockets }
}
