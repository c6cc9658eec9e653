#if Cluster

import ChatServer
import ChatWire
import Foundation
import Logging
import Testing

@testable import PostgresStore

// What other programs and connected users cost.

extension HeavyUserTests {
    private static let users = (1...10_000).compactMap { UserID(id($0)) }

    /// 10,000 users are connected to one node. Every 3 s it asks how far their feeds reach, and after its connection
    /// broke, they are sent their marks again.
    @Test(.enabled(if: measured != nil)) func measureConnectedUsers() async throws {
        let database = try measuredDatabase()
        try await measurePoll(database)
        let store = try await PostgresStore(server.address(database: database, user: "chat_server"))
        let hub = Hub(
            store: store, authenticator: nil, configuration: Cluster.configuration, timing: Cluster.timing,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) {
            // A second behind the newest message.
            Timestamp(seconds: 1_735_689_600 + 1_000_000)
        }
        let tasks = [Task { await hub.run() }, Task { await hub.watchStore() }]
        let start = ContinuousClock.now
        let phones = Self.users.map { Phone(of: $0, on: hub) }
        for some in phones.pieces(of: 100) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for phone in some { group.addTask { try await phone.logsIn() } }
                try await group.waitForAll()
            }
        }
        print("All are answered after \(((.now - start) / .seconds(1)).rounded()) s")
        try await report("The log-in of 10,000 users", since: start, on: database, before: 0)

        let (again, before) = (ContinuousClock.now, try await timeOfDatabase(database))
        try server.sql(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = '\(database)' AND usename = 'chat_server' AND query LIKE 'SELECT * FROM chat.banned%'
            """)
        try await report("Their marks again, when the server listens again", since: again, on: database, before: before)
        hub.finish()
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        try await store.close()
    }

    private func measurePoll(_ database: String) async throws {
        let connection = try DatabaseConnection(server.address(database: database, user: "chat_server"))
        try connection.execute("SET search_path = pg_catalog; \(Migration.sessionPlanning)")
        #expect(try FeedWatch.state(of: Self.users, on: connection).cursors.count > 9000)
        let pid = Query(name: "pid", sql: "SELECT pg_backend_pid()")
        let process = try #require(try connection.run([pid])[0].int(0, 0))
        var times: [(whole: Double, database: Double, server: Double)] = []
        for _ in 0..<21 {
            let before = (ContinuousClock.now, try Self.time(of: process), Self.timeOfThread())
            _ = try FeedWatch.state(of: Self.users, on: connection)
            let time = (.now - before.0) / .milliseconds(1)
            let after = (try Self.time(of: process), Self.timeOfThread())
            times.append((time, after.0 - before.1, after.1 - before.2))
        }
        let medians = [times.map(\.whole), times.map(\.database), times.map(\.server)].map { $0.sorted()[10] }
        let texts = medians.map { $0.formatted(.number.precision(.fractionLength(1))) }
        print(
            """
            The poll of 10,000 connected users: \(texts[0]) ms, of the database's processor \(texts[1]) ms, of the server's \
            \(texts[2]) ms
            """)
    }

    /// A copy of the database for all figures, which stays as it is. What is read and what is dead in the tables counts for
    /// the others.
    private func withCopy(_ body: (_ database: String) throws -> Void) throws {
        let (database, copy) = (try measuredDatabase(), "marked")
        try server.sql("CREATE DATABASE \(copy) TEMPLATE \(database) OWNER postgres")
        defer { try? server.sql("DROP DATABASE \(copy) WITH (FORCE)") }
        try body(copy)
    }

    @Test(.enabled(if: measured != nil)) func measureMarking() throws {
        try withCopy { database in
            try measureMarkingOfAll(in: database)
            try measureMarkingOfTheNewest(in: database)
        }
    }

    /// The old web client marks only the newest of 80,000 messages. What it is not told to wait for, a server marks.
    private func measureMarkingOfTheNewest(in database: String) throws {
        let (reader, sender) = (Self.id(9000), Self.id(9001))
        try server.sql(
            """
            DO $$ BEGIN FOR block IN 1..80 LOOP
              INSERT INTO messages (sender_id, receiver_id, message_text)
              SELECT '\(sender)', '\(reader)', 'unread ' || n FROM generate_series(1, 1000) AS n;
            END LOOP; END $$
            """, database: database)
        try server.sql("VACUUM ANALYZE messages, chat.entries", database: database)
        let newest = "SELECT message_id FROM chat.entries WHERE receiver_id = '\(reader)' ORDER BY seq DESC LIMIT 1"
        let client = try DatabaseConnection(server.address(database: database, user: "owner"))
        let id = try #require(try client.run([Query(name: "newest", sql: newest)])[0].text(0, 0))
        try client.execute(
            """
            SET statement_timeout = '8s'; SET ROLE authenticated; SET request.jwt.claims = '{"sub": "\(reader)"}'
            """)
        let start = ContinuousClock.now
        try client.execute("UPDATE messages SET is_read = true WHERE id = '\(id)'")
        let marked = ContinuousClock.now
        let node = try DatabaseConnection(server.address(database: database, user: "chat_server"))
        var pieces = 0
        while try node.run([.markRest])[0].bool(0, 0) { pieces += 1 }
        let milliseconds = [(marked - start) / .milliseconds(1), (.now - marked) / .milliseconds(1) / Double(pieces)]
        let texts = milliseconds.map { $0.formatted(.number.precision(.fractionLength(0))) }
        print("To mark the newest of 80,000: \(texts[0]) ms, and the others in \(pieces) pieces of \(texts[1]) ms")
        #expect(milliseconds.allSatisfy { $0 < 1000 })
    }

    /// The old web client marks the long conversation, in one statement.
    private func measureMarkingOfAll(in database: String) throws {
        let owner = try DatabaseConnection(server.address(database: database, user: "owner"))
        try owner.execute(
            """
            UPDATE messages SET is_read = false WHERE receiver_id = '\(Self.user)';
            UPDATE chat.peers SET read_seq = NULL, read_id = NULL WHERE user_id = '\(Self.user)'
            """)
        var milliseconds: [Double] = []
        for trigger in ["DISABLE", "ENABLE"] {
            try owner.execute("VACUUM messages")
            try owner.execute("BEGIN; ALTER TABLE messages \(trigger) TRIGGER chat_note_marked")
            let start = ContinuousClock.now
            try owner.execute(
                """
                UPDATE messages SET is_read = true
                WHERE receiver_id = '\(Self.user)' AND sender_id = '\(Self.id(2))' AND NOT is_read
                """)
            milliseconds.append((.now - start) / .milliseconds(1))
            try owner.execute("ROLLBACK")
        }
        let texts = milliseconds.map { $0.formatted(.number.precision(.fractionLength(0))) }
        print("To mark 10,000 messages in one statement: \(texts[1]) ms, without the chat's trigger \(texts[0]) ms")
    }

    // MARK: - Times of processors, in milliseconds

    /// Prints what has been used until the database has nothing more to do.
    private func report(
        _ what: String, since start: ContinuousClock.Instant, on database: String, before: Double
    ) async throws {
        var (time, end, idleSeconds) = (try await timeOfDatabase(database), ContinuousClock.now, 0)
        while idleSeconds < 4 {
            let last = try await timeOfDatabase(database)
            try await Task.sleep(for: .seconds(1))
            let now = try await timeOfDatabase(database)
            // The poll goes on meanwhile.
            if now > last + 100 { (time, end, idleSeconds) = (now, .now, 0) } else { idleSeconds += 1 }
        }
        let seconds = [(end - start) / .seconds(1), (time - before) / 1000].map {
            $0.formatted(.number.precision(.fractionLength(1)))
        }
        print("\(what): \(seconds[0]) s, of the database's processor \(seconds[1]) s")
    }

    /// What the server's sessions have used.
    private func timeOfDatabase(_ database: String) async throws -> Double {
        let owner = try DatabaseConnection(server.address(database: database, user: "owner"))
        let query = Query(
            name: "processes",
            sql: "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'chat_server'")
        let rows = try owner.run([query])[0]
        return try (0..<rows.count).compactMap { rows.int($0, 0) }.map { try Self.time(of: $0) }.reduce(0, +)
    }

    /// What a process has used.
    private static func time(of process: Int) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process)/schedstat", encoding: .utf8)
        return try #require(text.split(separator: " ").first.flatMap { Double($0) }) / 1_000_000
    }

    private static func timeOfThread() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
    }
}

#endif
