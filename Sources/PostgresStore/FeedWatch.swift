#if Cluster

import CPostgres
import ChatServer
import ChatWire
import Foundation
import Synchronization

/// Waits for messages that other programs insert. It has a thread and a connection of its own.
///
/// The trigger of `messages` notifies in the transaction of the insert. Every few seconds the last cursors of all
/// connected users are compared, because a notification is lost while the connection is.
final class FeedWatch: Sendable {
    private let connect: @Sendable () throws(PostgresError) -> DatabaseConnection
    private let connected: @Sendable () -> [UserID]
    private let report: @Sendable (SharedStoreChange) -> Void
    private let isEnding = Atomic(false)

    init(
        connect: @escaping @Sendable () throws(PostgresError) -> DatabaseConnection,
        connected: @escaping @Sendable () -> [UserID], report: @escaping @Sendable (SharedStoreChange) -> Void
    ) {
        self.connect = connect
        self.connected = connected
        self.report = report
    }

    func run() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    while !self.isEnding.load(ordering: .relaxed) {
                        do { try self.listen() } catch { usleep(Self.pauseAfterFailure) }
                    }
                    continuation.resume()
                }
            }
        } onCancel: {
            isEnding.store(true, ordering: .relaxed)
        }
    }

    private func listen() throws(PostgresError) {
        let connection = try connect()
        try connection.execute("LISTEN chat")
        var polled: [UserID: Int] = [:]
        var nextPoll = ContinuousClock.now
        while !isEnding.load(ordering: .relaxed) {
            if .now >= nextPoll {
                nextPoll = .now + Self.pollInterval
                // What was there at the last poll and is this server's own was delivered meanwhile.
                if !polled.isEmpty { report(.feedsGrew(polled)) }
                polled = try lastCursors(of: connected(), on: connection)
            }
            let named = Set(try connection.notifications(within: Self.timeToNoticeTheEnd))
            if named.isEmpty { continue }
            let grown = try lastCursors(of: connected().filter { named.contains($0.wire) }, on: connection)
            if !grown.isEmpty { report(.feedsGrew(grown)) }
        }
    }

    private func lastCursors(
        of users: [UserID], on connection: DatabaseConnection
    ) throws(PostgresError) -> [UserID: Int] {
        var cursors: [UserID: Int] = [:]
        for start in stride(from: 0, to: users.count, by: Self.usersAtOnce) {
            let some = users[start..<min(start + Self.usersAtOnce, users.count)]
            let rows = try connection.run([
                Query(
                    name: "last cursors", sql: "SELECT user_id, last_cursor FROM chat.last_cursors($1)",
                    values: [arrayText(some.map(\.wire))])
            ])[0]
            for row in 0..<rows.count {
                if let user = rows.user(row, 0) { cursors[user] = rows.int(row, 1) }
            }
        }
        return cursors
    }

    private static let pollInterval: Duration = .seconds(3)
    private static let timeToNoticeTheEnd: Duration = .milliseconds(500)
    private static let usersAtOnce = 1000
    /// In microseconds.
    private static let pauseAfterFailure: UInt32 = 500_000
}

#endif
