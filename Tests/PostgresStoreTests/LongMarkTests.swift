#if Cluster

import ChatServer
import ChatWire
import StoreContract
import Testing

@testable import PostgresStore

/// The old web client marks only the newest of many messages, and waits for what the trigger does.
@Suite("A mark behind many unread messages", .timeLimit(.minutes(3))) struct LongMarkTests {
    private let server = PostgresServer.shared
    private let layout = Layout.marketplace
    private var alice: UserID { layout.user("alice") }
    private var bob: UserID { layout.user("bob") }

    /// - Parameter count: The messages of Alice to Bob, among as many to her.
    private func with(
        _ count: Int, _ body: (_ store: PostgresStore, _ database: String) async throws -> Void
    ) async throws {
        let database = try layout.database()
        let store = try await PostgresStore(server.address(database: database, user: "chat_server"))
        do {
            try server.sql(
                """
                INSERT INTO messages (sender_id, receiver_id, message_text)
                SELECT s::uuid, r::uuid, n::text FROM generate_series(1, \(count)) AS g (n),
                  (VALUES ('\(alice.wire)', '\(bob.wire)'), ('\(bob.wire)', '\(alice.wire)')) AS d (s, r)
                ORDER BY g.n
                """, database: database)
            try await body(store, database)
        } catch {
            Issue.record(error)
        }
        try await store.close()
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }

    private func column(_ query: String, in database: String) throws -> [String?] {
        let connection = try DatabaseConnection(server.address(database: database, user: "owner"))
        let rows = try connection.run([Query(name: "column", sql: query)])[0]
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    /// The rows that Bob has read and not read, and what waits.
    private func state(of database: String) throws -> [String?] {
        try column(
            """
            SELECT concat_ws(' ', count(*) FILTER (WHERE is_read), count(*) FILTER (WHERE NOT is_read),
              (SELECT count(*) FROM chat.unmarked))
            FROM messages WHERE receiver_id = '\(bob.wire)'
            """, in: database)
    }

    private func markNewest(_ text: String, in database: String) throws {
        try server.sql(
            """
            SET ROLE authenticated; SET request.jwt.claims = '{"sub": "\(bob.wire)", "role": "authenticated"}';
            UPDATE messages SET is_read = true WHERE message_text = '\(text)' AND receiver_id = '\(bob.wire)'
            """, database: database)
    }

    @Test("whoever marks waits for the newest rows only, and a server marks the others") func pieces() async throws {
        try await with(3000) { store, database in
            try markNewest("3000", in: database)
            // Half of what was looked at is Alice's own.
            #expect(try state(of: database) == ["501 2499 1"])
            let last = try await store.feed(of: bob, after: 5998, limit: 9).last { $0.message.sender == alice }
            #expect(try await store.marks(of: alice, with: bob).peer.read == last?.message.id)
            #expect(try await store.conversations(of: bob, limit: 9).map(\.unread) == [0])

            let task = Task { await store.watch(for: { [] }, report: { _ in }) }
            let end = ContinuousClock.now + .seconds(30)
            while try state(of: database) != ["3000 0 0"] {
                try #require(.now < end, "the rest is not marked")
                try await Task.sleep(for: .milliseconds(50))
            }
            task.cancel()
            await task.value
        }
    }

    @Test("a second mark before the rest is marked adds to it") func twoMarks() async throws {
        try await with(3000) { _, database in
            let server = try DatabaseConnection(server.address(database: database, user: "chat_server"))
            try markNewest("1500", in: database)
            try markNewest("3000", in: database)
            #expect(try state(of: database) == ["1002 1998 1"])
            var pieces = 0
            while try server.run([.markRest])[0].bool(0, 0) { pieces += 1 }
            #expect(try state(of: database) == ["3000 0 0"] && pieces <= 31)
        }
    }

    /// A blocked sender sees nothing read.
    @Test("the rest waits while its sender is blocked") func block() async throws {
        try await with(3000) { store, database in
            let server = try DatabaseConnection(server.address(database: database, user: "chat_server"))
            try markNewest("3000", in: database)
            _ = try await store.setBlocked(true, alice, by: bob, at: noon, limit: nil, atMost: 1)
            #expect(try !server.run([.markRest])[0].bool(0, 0))
            #expect(try state(of: database) == ["501 2499 1"])
            _ = try await store.setBlocked(false, alice, by: bob, at: noon, limit: nil, atMost: 1)
            while try server.run([.markRest])[0].bool(0, 0) {}
            #expect(try state(of: database) == ["3000 0 0"])
        }
    }

    /// Another program has changed the row and has not committed yet.
    @Test("a row that somebody else holds is marked later") func heldRow() async throws {
        try await with(20) { _, database in
            let server = try DatabaseConnection(server.address(database: database, user: "chat_server"))
            let other = try DatabaseConnection(self.server.address(database: database, user: "owner"))
            let lock =
                "BEGIN; UPDATE messages SET updated_at = now() WHERE receiver_id = '\(bob.wire)' AND message_text = '5'"
            try other.execute(lock)
            try markNewest("20", in: database)
            #expect(try state(of: database) == ["19 1 1"])
            #expect(try server.run([.markRest])[0].bool(0, 0))
            // It is not tried again at once, and nothing waits for it.
            #expect(try !server.run([.markRest])[0].bool(0, 0))
            #expect(try state(of: database) == ["19 1 1"])
            try other.execute("COMMIT")
            let end = ContinuousClock.now + .seconds(30)
            while try state(of: database) != ["20 0 0"] {
                try #require(.now < end, "the row is not marked")
                _ = try server.run([.markRest])
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Somebody else's row is not waited for, and an error of another program's trigger keeps nothing from being noticed.
    @Test("what keeps the rest from being marked does not keep messages from being noticed") func failure() async throws
    {
        try await with(3000) { store, database in
            try markNewest("3000", in: database)
            try server.sql(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
                CREATE TRIGGER refuse BEFORE UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION refuse();
                """, database: database)
            let changes = Changes()
            let users = [bob]
            let task = Task { await store.watch(for: { users }, report: changes.append) }
            try await changes.wait(for: .readsMissed)
            for number in 1...3 {
                try server.sql(
                    """
                    INSERT INTO messages (sender_id, receiver_id, message_text)
                    VALUES ('\(alice.wire)', '\(bob.wire)', 'new')
                    """, database: database)
                try await changes.wait(for: .feedsGrew([bob: 6000 + number]))
                try await Task.sleep(for: .seconds(1))
            }
            // The connection has stayed.
            #expect(changes.count(of: .readsMissed) == 1)
            task.cancel()
            await task.value
        }
    }

    @Test("a table that is emptied is forgotten") func truncated() async throws {
        try await with(10) { store, database in
            try server.sql("TRUNCATE messages", database: database)
            #expect(try column("SELECT count(*)::text FROM chat.entries", in: database) == ["0"])
            #expect(try await store.feedStart(of: bob) == 20)
            #expect(try await store.feedStart(of: alice) == 20)
            #expect(try await store.store([draft("new", from: alice, to: bob)]).map(\.receiverCursor) == [21])
        }
    }
}

#endif
