#if Cluster

import ChatServer
import ChatWire
import Foundation

/// Waits for what other programs insert and mark as read, and for users who are banned. It has a thread and a connection
/// of its own.
///
/// The triggers of `messages` notify in the transaction of the insert or the mark. Every few seconds the last cursors of
/// all connected users are compared, because a notification is lost while the connection is, and so is a hint of another
/// node while the bus is. Then the rows are marked that a long mark has left.
final class FeedWatch: Sendable {
    private let listener: DatabaseListener
    private let channel: String
    private let connected: @Sendable () -> [UserID]
    private let report: @Sendable (SharedStoreChange) -> Void

    /// - Parameter channel: The beginning of the names of all channels.
    init(
        channel: String, connect: @escaping @Sendable () throws(PostgresError) -> DatabaseConnection,
        connected: @escaping @Sendable () -> [UserID], report: @escaping @Sendable (SharedStoreChange) -> Void
    ) {
        listener = DatabaseListener(connect: connect)
        self.channel = channel
        self.connected = connected
        self.report = report
    }

    func run() async {
        await listener.run { connection throws(PostgresError) in try self.listen(on: connection) }
    }

    private func listen(on connection: DatabaseConnection) throws(PostgresError) {
        try connection.execute("LISTEN \(channel)_rows; LISTEN \(channel)_read; LISTEN \(channel)_nodes")
        report(.readsMissed)
        var (polled, reported): ([UserID: Int], [UserID: Int]) = ([:], [:])
        var nextPoll = ContinuousClock.now
        var mayHaveRest = false
        var signsLeft = 0
        while !listener.isEnding {
            if .now >= nextPoll {
                nextPoll = .now + Self.pollInterval
                // What was there at the last poll and is this server's own was delivered meanwhile. What was reported
                // then is known, to devices that connected since as well.
                let grown = polled.filter { reported[$0.key] != $0.value }
                if !grown.isEmpty { report(.feedsGrew(grown)) }
                reported = polled
                let state = try Self.state(of: connected(), on: connection)
                polled = state.cursors
                if !state.banned.isEmpty { report(.banned(state.banned)) }
                mayHaveRest = true
                signsLeft = Self.signsBetweenPolls
            }
            if mayHaveRest { mayHaveRest = try Self.markRest(on: connection) }
            let wait = mayHaveRest ? .zero : DatabaseListener.timeToNoticeTheEnd
            try take(connection.notifications(within: wait), &signsLeft, on: connection)
        }
    }

    private func take(
        _ notifications: [DatabaseNotification], _ signsLeft: inout Int, on connection: DatabaseConnection
    ) throws(PostgresError) {
        var named: Set<String> = []
        var reads = LatestReads()
        var signs: [NodeSign] = []
        for notification in notifications {
            if notification.channel.hasSuffix("_read") {
                if let read = ReadElsewhere(notification.payload) { reads.append(read) }
            } else if notification.channel.hasSuffix("_nodes") {
                if signsLeft > 0, let sign = NodeSign(notification.payload) { signs.append(sign) }
                signsLeft -= 1
            } else {
                named.insert(notification.payload)
            }
        }
        if !named.isEmpty {
            let users = connected().filter { named.contains($0.wire) }
            let cursors = try Self.state(of: users, on: connection).cursors
            if !cursors.isEmpty { report(.feedsGrew(cursors)) }
        }
        if !reads.all.isEmpty { report(.read(reads.all)) }
        // Last, because nobody waits for these.
        for sign in signs { report(.nodeIsThere(sign)) }
    }

    /// Marks some of the rows that a mark by another program has left. What keeps them from being marked keeps nothing else
    /// from being noticed.
    /// - Returns: whether there may be more.
    private static func markRest(on connection: DatabaseConnection) throws(PostgresError) -> Bool {
        do throws(PostgresError) {
            return try connection.run([.markRest])[0].bool(0, 0)
        } catch {
            guard error.isConnectionLost else { return false }
            throw error
        }
    }

    /// How far the feeds of users reach, and who of them is banned.
    static func state(
        of users: [UserID], on connection: DatabaseConnection
    ) throws(PostgresError) -> (cursors: [UserID: Int], banned: [UserID]) {
        var cursors: [UserID: Int] = [:]
        var banned: [UserID] = []
        for some in users.pieces(of: usersAtOnce) {
            let rows = try connection.run([.lastCursors(of: some), .banned(among: some)])
            for row in 0..<rows[0].count {
                if let user = rows[0].user(row, 0) { cursors[user] = rows[0].int(row, 1) }
            }
            banned += (0..<rows[1].count).compactMap { rows[1].user($0, 0) }
        }
        return (cursors, banned)
    }

    private static let pollInterval: Duration = .seconds(3)
    private static let usersAtOnce = 1000
    /// A node says every 20 s that it is there, and whoever has the server's role can say so of any number of nodes.
    private static let signsBetweenPolls = 64
}

/// The last mark of each conversation. A program that marks one message after the other makes a mark for each.
private struct LatestReads {
    private(set) var all: [ReadElsewhere] = []
    private var places: [[UserID]: Int] = [:]

    mutating func append(_ read: ReadElsewhere) {
        let conversation = [read.mark.user, read.mark.peer]
        if let place = places[conversation] {
            all[place] = read
        } else {
            places[conversation] = all.count
            all.append(read)
        }
    }
}

extension ReadElsewhere {
    /// - Parameter payload: What `chat.note_marked` says: the reader, the sender, the message, whether the sender is told.
    fileprivate init?(_ payload: String) {
        guard let values = try? JSONSerialization.jsonObject(with: Data(payload.utf8)) as? [Any], values.count == 4,
            let reader = (values[0] as? String).flatMap({ UserID($0) }),
            let sender = (values[1] as? String).flatMap({ UserID($0) }), let id = values[2] as? String,
            let isSenderTold = values[3] as? Bool
        else { return nil }
        self.init(ReadMark(user: reader, peer: sender, messageID: MessageID(id)), isSenderTold: isSenderTold)
    }
}

extension NodeSign {
    /// - Parameter payload: What `PostgresStore.announce` says.
    fileprivate init?(_ payload: String) {
        guard let values = try? JSONSerialization.jsonObject(with: Data(payload.utf8)) as? [String], values.count == 3
        else { return nil }
        self.init(NodeID(name: values[0], run: values[1]), bus: values[2])
    }
}

extension Query {
    static func lastCursors(of users: [UserID]) -> Query {
        Query(
            name: "last cursors", sql: "SELECT user_id, last_cursor FROM chat.last_cursors($1)",
            values: [arrayText(users.map(\.wire))])
    }

    static let markRest = Query(
        name: "mark rest", sql: "SELECT chat.mark_rest($1)", values: [String(Migration.markedByServer)])

    /// - Parameter users: Nil for all.
    static func banned(among users: [UserID]?) -> Query {
        Query(name: "banned", sql: "SELECT * FROM chat.banned($1)", values: [users.map { arrayText($0.map(\.wire)) }])
    }
}

#endif
