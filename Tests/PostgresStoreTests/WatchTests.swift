#if Cluster

import ChatServer
import ChatWire
import StoreContract
import Synchronization
import Testing

@testable import PostgresStore

/// What the server notices of other programs in the same database.
@Suite(.timeLimit(.minutes(2))) struct WatchTests {
    private let server = PostgresServer.shared
    private let layout = Layout.marketplace

    private func watch(
        _ connected: [String],
        _ body: (_ store: PostgresStore, _ database: String, _ changes: Changes) async throws -> Void
    ) async throws {
        let database = try layout.database()
        let store = try await PostgresStore(server.address(database: database, user: "chat_server"))
        let changes = Changes()
        let users = connected.map(layout.user)
        let task = Task { await store.watch(for: { users }, report: changes.append) }
        do { try await body(store, database, changes) } catch { Issue.record(error) }
        task.cancel()
        await task.value
        try await store.close()
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }

    private final class Changes: Sendable {
        private let all = Mutex<[SharedStoreChange]>([])

        @Sendable func append(_ change: SharedStoreChange) { all.withLock { $0.append(change) } }

        func wait(for change: SharedStoreChange) async throws {
            let end = ContinuousClock.now + .seconds(30)
            while !all.withLock({ $0.contains(change) }) {
                try #require(.now < end, "reported: \(all.withLock(\.self))")
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        func contains(_ change: SharedStoreChange) -> Bool { all.withLock { $0.contains(change) } }
    }

    private func insert(_ text: String, in database: String) throws {
        try server.sql(
            """
            SET ROLE service_role; INSERT INTO messages (sender_id, receiver_id, message_text)
            VALUES ('\(layout.user("carol").wire)', '\(layout.user("bob").wire)', '\(text)')
            """, database: database)
    }

    @Test func anotherProgramsMessageIsNoticed() async throws {
        try await watch(["bob", "dave"]) { store, database, changes in
            let bob = layout.user("bob")
            try await store.store([draft("1", from: layout.user("alice"), to: bob)])
            try insert("web", in: database)
            try await changes.wait(for: .feedsGrew([bob: 2]))
            #expect(try await store.feed(of: bob, after: 1, limit: 9).map(\.message.text) == ["web"])
            // Carol is not connected here.
            #expect(!changes.contains(.feedsGrew([layout.user("carol"): 1])))
        }
    }

    /// The connection breaks, and with it the notification.
    @Test func aLostNotificationCostsSecondsOnly() async throws {
        try await watch(["bob"]) { _, database, changes in
            let bob = layout.user("bob")
            try insert("1", in: database)
            try await changes.wait(for: .feedsGrew([bob: 1]))
            try server.sql(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = '\(database)' AND usename = 'chat_server'
                """)
            try insert("2", in: database)
            try await changes.wait(for: .feedsGrew([bob: 2]))
        }
    }

    @Test func otherDataAreNoticed() async throws {
        try await watch(["bob"]) { store, database, changes in
            let before = store.epoch
            try insert("1", in: database)
            try await changes.wait(for: .feedsGrew([layout.user("bob"): 1]))
            // As a restored dump has it: the epoch was given in another place.
            try server.sql("UPDATE chat.incarnation SET origin = 'elsewhere'", database: database)
            try server.sql(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = '\(database)' AND usename = 'chat_server'
                """)
            try await changes.wait(for: .dataReplaced)
            #expect(store.epoch != before)
        }
    }

    /// The first try of a batch was stored, but its answer was lost.
    @Test func anInterruptedBatchIsStoredOnce() async throws {
        try await watch([]) { store, database, _ in
            let (alice, bob) = (layout.user("alice"), layout.user("bob"))
            let ending = Task {
                for _ in 0..<40 {
                    try server.sql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = '\(database)' AND usename = 'chat_server'
                        """)
                }
            }
            for number in 0..<60 {
                let drafts = (0..<5).map { draft("\(number) \($0)", from: alice, to: bob) }
                #expect(try await store.store(drafts).map(\.senderCursor) == Array(number * 5 + 1...number * 5 + 5))
            }
            try await ending.value
            let texts = try await store.feed(of: bob, after: 0, limit: 999).map(\.message.text.wire)
            #expect(texts == (0..<60).flatMap { number in (0..<5).map { "\(number) \($0)" } })
        }
    }

    /// A user is deleted while others write. One who cannot be written to costs only their own messages.
    @Test func aMessageThatCanNeverBeStoredFailsAlone() async throws {
        try await watch([]) { store, database, _ in
            let (alice, bob, dave) = (layout.user("alice"), layout.user("bob"), layout.user("dave"))
            try await store.store([draft("1", from: alice, to: dave)])
            try server.sql("DELETE FROM users WHERE id = '\(dave.wire)'", database: database)
            let outcomes = try await store.append([
                draft("2", from: alice, to: bob), draft("3", from: alice, to: dave), draft("4", from: alice, to: bob),
            ])
            #expect(outcomes.map { $0.stored?.senderCursor } == [2, nil, 3])
        }
    }
}

#endif
