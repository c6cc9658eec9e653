#if Cluster

import ChatServer
import ChatWire
import Foundation
import StoreContract
import Testing

@testable import PostgresStore

/// What goes wrong with a real server. Each test has one of its own, because it breaks it.
@Suite(.serialized, .timeLimit(.minutes(3))) struct FaultTests {

    /// Runs a test on a migrated database of a server.
    private func withStore(
        on server: PostgresServer, limits: TimeLimits = TimeLimits(),
        _ body: (_ store: PostgresStore) async throws -> Void
    ) async throws {
        _ = try Migrator.migrate(server.address(database: "postgres", user: "owner"))
        let store = try await PostgresStore(server.address(database: "postgres", user: "chat_server"), limits: limits)
        do { try await body(store) } catch {
            store.expectEnd()
            try await store.close()
            throw error
        }
        try await store.close()
    }

    private func texts(of user: UserID, in store: PostgresStore) async throws -> [String] {
        try await store.feed(of: user, after: 0, limit: 9999).map(\.message.text.wire)
    }

    // MARK: - The server goes away

    /// Some batches are interrupted before their commit and some behind it.
    @Test func aRestartLosesAndDoublesNothing() async throws {
        let server = try PostgresServer()
        try await withStore(on: server) { store in
            let writer = Task {
                for number in 0..<300 {
                    try await store.store((0..<5).map { draft("\(number) \($0)", id: nil) })
                }
            }
            for _ in 0..<4 {
                try await Task.sleep(for: .milliseconds(300))
                try server.stop()
                try server.start()
            }
            try await writer.value
            let stored = try await texts(of: bob, in: store)
            #expect(stored == (0..<300).flatMap { number in (0..<5).map { "\(number) \($0)" } })
        }
        try server.stop()
    }

    /// A connection that was idle over a restart is broken when it is used again.
    @Test func nobodyWhoAsksNoticesARestart() async throws {
        let server = try PostgresServer()
        try await withStore(on: server) { store in
            try await store.store([draft("1")])
            let questions: [@Sendable () async throws -> Bool] = [
                { try await store.feed(of: bob, after: 0, limit: 1).count == 1 },
                { try await store.profile(of: bob).avatarURL == nil },
                {
                    try await store.setName("Bob", of: bob)
                    return true
                },
                { try await !store.isBanned(bob) }, { try await store.bannedUsers().isEmpty },
                { try await !store.isBlocked(alice, by: bob) },
                { try await store.lastCursors(of: [bob]) == [bob: 1] },
                {
                    try await store.setLastSeen([bob: Timestamp(microseconds: 1)])
                    return true
                },
                { try await store.lastSeen(of: [bob]).count == 1 },
                {
                    try await store.checkWritable()
                    return true
                },
            ]
            for (number, question) in questions.enumerated() {
                #expect(try await question(), "\(number)")
                try server.stop()
                try server.start()
                #expect(try await question(), "\(number) after the restart")
            }
        }
        try server.stop()
    }

    /// What was not committed may be in the log without being on disk, and a restart loses it.
    @Test func aRestartInATransactionKeepsTheEpoch() async throws {
        let server = try PostgresServer(["wal_writer_delay=10s", "wal_writer_flush_after=0"])
        try await withStore(on: server) { store in
            let writer = try DatabaseConnection(server.address(database: "postgres", user: "owner"))
            try writer.execute(
                "BEGIN; CREATE TABLE much AS SELECT repeat('much', 100) FROM generate_series(1, 1000)")
            let other = try await PostgresStore(server.address(database: "postgres", user: "chat_server"))
            try server.stop()
            try server.start()
            #expect(try await other.account(of: bob, resume: nil).epoch == store.epoch)
            other.expectEnd()
            try await other.close()
        }
        try server.stop()
    }

    /// The log of the one that takes over is shorter than it was.
    @Test func allNodesFindTheSameEpochAfterAFailover() async throws {
        let primary = try PostgresServer()
        _ = try Migrator.migrate(primary.address(database: "postgres", user: "owner"))
        let standby = try PostgresServer(standbyOf: primary)
        let hosts = "host=\(primary.folder),\(standby.folder) target_session_attrs=read-write"
        let address = try DatabaseAddress("\(hosts) dbname=postgres user=chat_server")
        let first = try await PostgresStore(address)
        try await standby.wait(for: "SELECT 1 / (count(*) = 1)::int FROM chat.incarnation")
        try await standby.stopReceiving()
        for _ in 0..<20 { try await first.store((0..<50).map { draft("lost \($0)", id: nil) }) }
        let stores = [try await PostgresStore(address), try await PostgresStore(address), first]
        let before = first.epoch

        try primary.stop()
        try standby.promote()
        var epochs: Set<Epoch> = []
        for store in stores { epochs.insert(try await store.account(of: bob, resume: nil).epoch) }
        #expect(epochs.count == 1 && !epochs.contains(before), "\(epochs)")
        for store in stores {
            store.expectEnd()
            try await store.close()
        }
        try standby.stop()
    }

    /// The standby lacks the last commits. Clients must not go on from cursors that are given again.
    @Test func aFailoverThatLosesCommitsChangesTheEpoch() async throws {
        let primary = try PostgresServer()
        _ = try Migrator.migrate(primary.address(database: "postgres", user: "owner"))
        let standby = try PostgresServer(standbyOf: primary)
        let hosts = "host=\(primary.folder),\(standby.folder) target_session_attrs=read-write"
        let store = try await PostgresStore(DatabaseAddress("\(hosts) dbname=postgres user=chat_server"))
        let changes = Changes()
        let watch = Task { await store.watch(for: { [bob] }, report: changes.append) }
        let before = store.epoch
        try await store.store([draft("1"), draft("2")])
        try await standby.wait(for: "SELECT 1 / (count(*) = 2)::int FROM messages")
        try await standby.stopReceiving()
        try await store.store([draft("lost")])

        try primary.stop()
        try standby.promote()
        try await changes.wait(for: .dataReplaced)
        #expect(store.epoch != before)
        #expect(try await store.account(of: bob, resume: nil).epoch == store.epoch)
        #expect(try await texts(of: bob, in: store) == ["1", "2"])
        #expect(try await store.store([draft("3")]).map(\.receiverCursor) == [3])
        watch.cancel()
        await watch.value
        try await store.close()
        try standby.stop()
    }

    /// The database itself cannot know that its files were put back.
    @Test func filesOfAnEarlierStateChangeTheEpoch() async throws {
        let server = try PostgresServer()
        try await withStore(on: server) { store in
            try await store.store([draft("1")])
            try server.stop()
            let (data, copy) = (server.folder + "/data", server.folder + "/copy")
            try FileManager.default.copyItem(atPath: data, toPath: copy)
            try PostgresServer.giveToPostgres(copy)
            try server.start()
            let before = store.epoch
            try await store.store([draft("lost")])
            #expect(store.epoch == before)
            // A new connection has to have seen how far the log was.
            try server.stop()
            try server.start()
            #expect(try await texts(of: bob, in: store) == ["1", "lost"])
            #expect(store.epoch == before)

            try server.stop()
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.moveItem(atPath: copy, toPath: data)
            try server.start()
            #expect(try await texts(of: bob, in: store) == ["1"])
            #expect(store.epoch != before)
        }
        try server.stop()
    }

    // MARK: - The server refuses

    @Test func withoutConnectionsWritersWait() async throws {
        let server = try PostgresServer(["max_connections=8"])
        try await withStore(on: server) { store in
            try await store.store([draft("1")])
            var others: [DatabaseConnection] = []
            let end = { (name: String) in
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(name)'"
            }
            // Whoever is faster gets the connections.
            try server.sql(end("chat-server"))
            while let other = try? DatabaseConnection(server.address(database: "postgres", user: "chat_server")) {
                others.append(other)
            }
            let writing = Task { try await store.store([draft("2")]) }
            await #expect(throws: StoreError.self) { _ = try await store.lastCursor(of: bob) }
            let sentence = try await #require(throws: StoreOpenError.self) {
                _ = try await PostgresStore(server.address(database: "postgres", user: "chat_server"))
            }
            #expect("\(sentence)".contains("connection"), "\(sentence)")
            others = []
            #expect(try await writing.value.map(\.receiverCursor) == [2])
        }
        try server.stop()
    }

    @Test func aReadOnlyServerKeepsWritersWaiting() async throws {
        let server = try PostgresServer()
        try await withStore(on: server) { store in
            try await store.store([draft("1")])
            try server.sql("ALTER SYSTEM SET default_transaction_read_only = on")
            try server.sql("SELECT pg_reload_conf()")
            try await server.wait(for: "SELECT 1 / (current_setting('transaction_read_only') = 'on')::int")
            await #expect(throws: StoreError.self) { try await store.checkWritable() }
            let writing = Task { try await store.store([draft("2")]) }
            await #expect(throws: StoreError.self) { try await store.checkWritable() }
            try server.sql("ALTER SYSTEM RESET default_transaction_read_only")
            try server.sql("SELECT pg_reload_conf()")
            #expect(try await writing.value.map(\.receiverCursor) == [2])
        }
        try server.stop()
    }

    @Test func theServerDoesNotStartOnAStandby() async throws {
        let primary = try PostgresServer()
        _ = try Migrator.migrate(primary.address(database: "postgres", user: "owner"))
        let standby = try PostgresServer(standbyOf: primary)
        let sentence = try await #require(throws: StoreOpenError.self) {
            _ = try await PostgresStore(standby.address(database: "postgres", user: "chat_server"))
        }
        #expect("\(sentence)".contains("takes no writes"), "\(sentence)")
        try standby.stop()
        try primary.stop()
    }

    /// A file system of its own, in memory.
    @Test(.enabled(if: getuid() == 0)) func aFullDiskStoresNothingAndIsNotTheEnd() async throws {
        let server = try PostgresServer()
        let small = server.folder + "/small"
        try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
        guard
            (try? PostgresServer.run("/usr/bin/env", ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", small])) != nil
        else { return }  // where it may not be mounted
        try PostgresServer.giveToPostgres(small)
        try server.sql("CREATE TABLESPACE small LOCATION '\(small)'")
        try server.sql("ALTER DATABASE postgres SET TABLESPACE small", database: "template1")
        try await withStore(on: server) { store in
            let noise = String.noise(30_000)
            var error: StoreError?
            var count = 0
            while error == nil, count < 5000 {
                do throws(StoreError) {
                    _ = try await store.append([draft("\(count) \(noise)"), draft("behind it")])
                    count += 1
                } catch let failure {
                    error = failure
                }
            }
            #expect(error == .full)
            #expect(try await store.lastCursor(of: bob) == 2 * count)
            try PostgresServer.run("/usr/bin/env", ["mount", "-o", "remount,size=64m", small])
            #expect(try await store.store([draft("room again")]).map(\.receiverCursor) == [2 * count + 1])
        }
        try server.stop()
        try PostgresServer.run("/usr/bin/env", ["umount", small])
    }

    @Test(arguments: [
        TimeLimits(statement: .milliseconds(300), lock: .seconds(10)),
        TimeLimits(statement: .seconds(10), lock: .milliseconds(300)),
    ])
    func whatTakesTooLongIsNotStored(_ limits: TimeLimits) async throws {
        let server = try PostgresServer()
        try await withStore(on: server, limits: limits) { store in
            try await store.store([draft("1")])
            let other = try DatabaseConnection(server.address(database: "postgres", user: "owner"))
            try other.execute("BEGIN; UPDATE chat.heads SET step = step")
            await #expect(throws: StoreError.locked) { _ = try await store.append([draft("2")]) }
            try other.execute("COMMIT")
            #expect(try await store.store([draft("3")]).map(\.receiverCursor) == [2])

            // The transaction that failed must not be left open on any connection.
            _ = try await store.acknowledge([Acknowledgement(user: bob, cursor: 1)])
            try other.execute("BEGIN; UPDATE chat.acknowledged SET cursor = cursor")
            for _ in 0..<5 {
                await #expect(throws: StoreError.locked) {
                    _ = try await store.acknowledge([Acknowledgement(user: bob, cursor: 2)])
                }
            }
            try other.execute("COMMIT")
            for _ in 0..<5 { _ = try await store.acknowledge([Acknowledgement(user: bob, cursor: 2)]) }
        }
        try server.stop()
    }

    // MARK: - Poolers

    @Test(.enabled(if: PgBouncer.isInstalled)) func aPoolerMayNotShareSessions() async throws {
        let server = try PostgresServer()
        _ = try Migrator.migrate(server.address(database: "postgres", user: "owner"))
        let transactions = try PgBouncer(before: server, mode: "transaction")
        // The first of them leaves what a session has, and the next one finds it.
        for _ in 0..<2 {
            let sentence = try await #require(throws: StoreOpenError.self) {
                _ = try await PostgresStore(transactions.address)
            }
            #expect("\(sentence)".contains("pooler"), "\(sentence)")
            let migrating = try #require(throws: StoreOpenError.self) { _ = try Migrator.migrate(transactions.address) }
            #expect("\(migrating)" == "\(sentence)")
        }
        try transactions.stop()

        let sessions = try PgBouncer(before: server, mode: "session")
        let store = try await PostgresStore(sessions.address)
        try await store.store([draft("1")])
        #expect(try await texts(of: bob, in: store) == ["1"])
        try await store.close()
        try sessions.stop()
        try server.stop()
    }

    // MARK: - Sentences

    @Test func aMissingRoleIsExplained() async throws {
        let server = try PostgresServer()
        let sentence = try await #require(throws: StoreOpenError.self) {
            _ = try await PostgresStore(server.address(database: "postgres", user: "chat_server"))
        }
        #expect("\(sentence)".contains("`chat-server migrate` makes this role"), "\(sentence)")
        try server.stop()
    }

    @Test func anErrorIsOneLine() async throws {
        let sentence = try await #require(throws: StoreOpenError.self) {
            _ = try await PostgresStore(DatabaseAddress("host=/nowhere,/elsewhere"))
        }
        #expect(!"\(sentence)".contains("\n") && !"\(sentence)".contains("\t"), "\(sentence)")
    }

    @Test func outcomesAreToldApart() {
        func error(_ state: String?, isFatal: Bool = false, wasSent: Bool = true) -> PostgresError {
            PostgresError(sqlState: state, message: "", isFatal: isFatal, isConnectionLost: isFatal, wasSent: wasSent)
        }
        for state in ["22001", "P0001", "44000"] { #expect(error(state).outcome == .never, "\(state)") }
        // The same code from the table of messages, from another one that a trigger writes into, and from a trigger's hand.
        for (table, isRaised, outcome) in [
            ("messages", false, PostgresError.Outcome.never), ("audit", false, .notNow), (nil, true, .never),
        ] {
            let error = PostgresError(
                sqlState: "23514", message: "", table: table, isRaised: isRaised, isConnectionLost: false)
            #expect(error.outcome == outcome, "\(table ?? "none")")
        }
        for state in [
            "42501", "42703", "0A000", "54000", "23502", "P0004", "2F005", "39000", "22012", "22P02", "23505",
        ] {
            #expect(error(state).outcome == .notNow, "\(state)")
        }
        for state in ["53100", "53300", "25006", "55P03", "57014", "40001", "40P01"] {
            #expect(error(state).outcome == .notStored, "\(state)")
        }
        for state in ["08006", "57P01", "57P02", "58030", "XX000", nil] {
            #expect(error(state).outcome == .unknown, "\(state ?? "none")")
        }
        // The commit may have come before what ended the session.
        #expect(error("25P03", isFatal: true).outcome == .unknown)
        #expect(error(nil, wasSent: false).outcome == .notStored)
    }
}

extension PostgresServer {
    /// Waits until statements succeed.
    func wait(for statements: String) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while (try? sql(statements)) == nil {
            try #require(.now < end, "\(statements)")
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// From here on a standby gets nothing.
    func stopReceiving() async throws {
        try sql("ALTER SYSTEM SET primary_conninfo = ''")
        try sql("SELECT pg_reload_conf()")
        try await wait(for: "SELECT 1 / (count(*) = 0)::int FROM pg_stat_wal_receiver")
    }
}

extension String {
    /// A text that cannot be compressed.
    static func noise(_ length: Int) -> String {
        var random = SystemRandomNumberGenerator()
        return String(decoding: (0..<length).map { _ in UInt8.random(in: 33...126, using: &random) }, as: UTF8.self)
    }
}

#endif
