import Foundation
import SQLiteStore
import WebSocketTransport

/// How many sockets there may be, so that the database, the log and the fetching of keys find a descriptor at any time.
struct DescriptorBudget {
    /// How many files and connections the process may have open.
    var limit: Int
    /// How many files it had open when it started.
    var open: Int
    /// How many event loops the transport makes.
    var loops: Int

    /// Of each: what it waits with, what wakes it, and its clock.
    private static let descriptorsOfLoop = 3
    /// For signals, and the language's own clocks.
    private static let descriptorsOfProcess = 13
    /// Two addresses, and the local socket with its lock.
    private static let descriptorsOfListeners = 4
    /// Fewer are no use to anybody.
    private static let fewestSockets = 4

    /// What is open for a moment: a connection to the key server, the system's list of hosts, a sorting in a file.
    private static let fewestPassing = 8
    private static let mostPassing = 64

    /// What is there for good, or may be.
    private var fixed: Int {
        open + loops * Self.descriptorsOfLoop + Self.descriptorsOfProcess + Self.descriptorsOfListeners
            + SQLiteStore.mostDescriptors + WebSocketServer.socketsBeyondLimit
    }

    /// Without those by which the process waits, which come one after the other.
    static var openFiles: Int? {
        let folder = "/proc/self/fd"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
        return names.count { name in
            // The one that lists them is gone by now.
            let file = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
            return file.map { !$0.hasPrefix("anon_inode:") } ?? false
        }
    }

    /// Nil where there are too few to begin.
    var sockets: Int? {
        let free = limit - fixed
        let sockets = free - max(Self.fewestPassing, min(Self.mostPassing, free / 8))
        return sockets >= Self.fewestSockets ? sockets : nil
    }

    /// The lowest limit with which it works.
    var needed: Int { fixed + Self.fewestPassing + Self.fewestSockets }
}
