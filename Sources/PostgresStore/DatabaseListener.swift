#if Cluster

import Foundation
import Synchronization

/// A thread with a connection of its own, for what PostgreSQL says by itself. A connection that broke is replaced.
final class DatabaseListener: Sendable {
    private let connect: @Sendable () throws(PostgresError) -> DatabaseConnection
    private let ending = Atomic(false)

    init(connect: @escaping @Sendable () throws(PostgresError) -> DatabaseConnection) {
        self.connect = connect
    }

    var isEnding: Bool { ending.load(ordering: .relaxed) }

    /// Calls `body` with one connection after the other until the task is cancelled.
    /// - Parameter body: Returns soon after `isEnding` is true. If it throws, the connection is no good any more.
    func run(_ body: @escaping @Sendable (DatabaseConnection) throws(PostgresError) -> Void) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    while !self.isEnding {
                        do throws(PostgresError) {
                            try body(try self.connect())
                        } catch {
                            usleep(Self.pauseAfterFailure)
                        }
                    }
                    continuation.resume()
                }
            }
        } onCancel: {
            ending.store(true, ordering: .relaxed)
        }
    }

    /// For how long `body` may wait before it looks at `isEnding`.
    static let timeToNoticeTheEnd: Duration = .milliseconds(500)
    /// In microseconds.
    private static let pauseAfterFailure: UInt32 = 500_000
}

#endif
