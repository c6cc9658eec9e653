#if Cluster

import ChatServer
import ChatWire
import Foundation
import StoreContract
import Synchronization
import Testing

@testable import PostgresStore

/// Migrations of a marketplace that has messages and goes on writing.
@Suite(.timeLimit(.minutes(5))) struct MigrationTests {
    private let server = PostgresServer.shared
    private let layout = Layout.marketplace

    /// Makes a marketplace's database that knows nothing of the chat.
    private func withMarketplace(_ body: (_ database: String) async throws -> Void) async throws {
        let database = try layout.database(isMigrated: false)
        do { try await body(database) } catch { Issue.record(error) }
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }

    private func migrate(_ database: String) throws {
        _ = try Migrator.migrate(server.address(database: database, user: layout.owner))
    }

    private func column(_ query: String, in database: String) throws -> [String?] {
        let connection = try DatabaseConnection(server.address(database: database, user: "owner"))
        let rows = try connection.run([Query(name: "column", sql: query)])[0]
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    private func insert(_ count: Int, in database: String) throws {
        try server.sql(
            """
            INSERT INTO messages (sender_id, receiver_id, message_text, is_read, created_at)
            SELECT s.id, r.id, 'old ' || n, n % 3 = 0, timestamptz '2025-01-01' + n * interval '1 s'
            FROM generate_series(1, \(count)) AS n, LATERAL (SELECT id FROM users ORDER BY id OFFSET n % 4 LIMIT 1) AS s,
              LATERAL (SELECT id FROM users ORDER BY id OFFSET n / 4 % 4 LIMIT 1) AS r
            ORDER BY md5(n::text)
            """, database: database)
    }

    private func expectRules(in database: String) throws {
        try DatabaseRules.check(DatabaseRules.always + DatabaseRules.migrated) { try column($0, in: database) }
    }

    @Test func earlierMessagesGetTheirPlacesInTheOrderOfTime() async throws {
        try await withMarketplace { database in
            try insert(1500, in: database)
            try migrate(database)
            try expectRules(in: database)
            #expect(try column("SELECT count(*)::text FROM chat.entries", in: database) == ["1500"])
        }
    }

    /// Others insert, mark as read and delete in every moment of it.
    @Test func theMarketplaceGoesOnWriting() async throws {
        try await withMarketplace { database in
            try insert(20_000, in: database)
            let writing = Writing()
            async let first = onThread { try write(0, in: database, until: writing) }
            async let second = onThread { try write(1, in: database, until: writing) }
            while writing.rounds.load(ordering: .relaxed) < 4 { try await Task.sleep(for: .milliseconds(10)) }
            try await onThread { try migrate(database) }
            writing.isEnding.store(true, ordering: .relaxed)
            let longest = try await max(first, second)
            #expect(longest < .seconds(5))
            try expectRules(in: database)
            #expect(try column("SELECT (count(*) > 0)::text FROM chat.feed_starts", in: database) == ["true"])
        }
    }

    private final class Writing: Sendable {
        let rounds = Atomic(0)
        let isEnding = Atomic(false)
    }

    /// - Returns: how long the longest round took.
    private func write(_ writer: Int, in database: String, until writing: Writing) throws -> Duration {
        let connection = try DatabaseConnection(server.address(database: database, user: "owner"))
        var longest = Duration.zero
        while !writing.isEnding.load(ordering: .relaxed) {
            let round = writing.rounds.add(1, ordering: .relaxed).newValue
            let time = try ContinuousClock().measure {
                try connection.execute(
                    """
                    INSERT INTO messages (sender_id, receiver_id, message_text)
                    VALUES ('\(layout.user("alice").wire)', '\(layout.user("bob").wire)', 'live');
                    UPDATE messages SET is_read = true WHERE id = (
                      SELECT id FROM messages WHERE NOT is_read ORDER BY md5(id::text || '\(round)') LIMIT 1
                      FOR UPDATE SKIP LOCKED);
                    """)
                try connection.execute(
                    """
                    DELETE FROM messages WHERE id = (
                      SELECT id FROM messages WHERE receiver_id = '\(layout.user("dave").wire)'
                        AND sender_id = receiver_id
                      ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
                    """)
            }
            longest = max(longest, time)
        }
        return longest
    }

    /// Does work that blocks. The threads of tasks are few.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// An idle transaction of another program holds up the migration, but nobody else for longer than a second.
    @Test func aMigrationGivesWay() async throws {
        try await withMarketplace { database in
            try insert(10, in: database)
            let idle = try DatabaseConnection(server.address(database: database, user: "owner"))
            try idle.execute("BEGIN; UPDATE messages SET is_read = is_read")
            async let migration: Void = onThread { try migrate(database) }
            try await onThread {
                let end = ContinuousClock.now + .seconds(3)
                while .now < end {
                    let time = try ContinuousClock().measure { try insert(1, in: database) }
                    #expect(time < .seconds(3))
                }
                try idle.execute("COMMIT")
            }
            try await migration
            try expectRules(in: database)
        }
    }

    @Test func twoMigrateAtOnce() async throws {
        try await withMarketplace { database in
            try insert(500, in: database)
            async let first: Void = onThread { try migrate(database) }
            async let second: Void = onThread { try migrate(database) }
            _ = try await (first, second)
            try expectRules(in: database)
        }
    }

    /// Steps 7 and 8 find conversations by other indexes. Everybody reads what they read before.
    @Test func nobodyReadsAnythingElse() async throws {
        try await withMarketplace { database in
            try insert(300, in: database)
            let address = try server.address(database: database, user: layout.owner)
            _ = try Migrator.migrate(address, upTo: 6)
            let users = ["alice", "bob", "carol", "dave"].map { layout.user($0).wire }
            let (alice, bob, carol) = (users[0], users[1], users[2])
            // Blocks that began, one of which has ended, with messages and marks on both sides of each.
            for blocks in [[("true", alice, bob), ("true", alice, carol)], [("false", alice, bob)], []] {
                for (isBlocked, one, other) in blocks {
                    try server.sql(
                        "SELECT chat.set_blocked(\(isBlocked), '\(one)', '\(other)', now(), 99, 9999)",
                        database: database)
                }
                try insert(100, in: database)
                try server.sql(
                    "UPDATE messages SET is_read = true WHERE message_text LIKE '%7' AND NOT is_read",
                    database: database)
            }
            let before = try await readings(of: users, in: database)
            let early = try session(of: alice, in: database)
            #expect(try early.run([Query(name: "early", sql: Self.reading(alice))])[0].text(0, 0) == before[0])
            #expect(try Migrator.migrate(address) == (6, Migration.latest))
            #expect(try await readings(of: users, in: database) == before && before[0]?.contains("old 99") == true)
            #expect(try early.run([Query(name: "early", sql: Self.reading(alice))])[0].text(0, 0) == before[0])
            try DatabaseRules.check(DatabaseRules.always) { try column($0, in: database) }
        }
    }

    /// A session that has become the user, as the server's do.
    private func session(of user: String, in database: String) throws -> DatabaseConnection {
        let connection = try DatabaseConnection(server.address(database: database, user: "chat_server"))
        try connection.execute(
            """
            SET search_path = pg_catalog; \(Migration.sessionPlanning); SET ROLE authenticated;
            SET request.jwt.claims = '{"sub": "\(user)", "role": "authenticated"}'
            """)
        return connection
    }

    /// All that a user can read.
    private static func reading(_ user: String) -> String {
        """
        SELECT concat_ws(chr(10),
          (SELECT string_agg(c::text, chr(10)) FROM chat.conversations('\(user)', 99) AS c),
          (SELECT string_agg(m::text, chr(10)) FROM chat.marks('\(user)', NULL, NULL, 99) AS m),
          (SELECT string_agg(f::text, chr(10)) FROM chat.feed('\(user)', 0, 9999) AS f),
          (SELECT string_agg(c::text, chr(10)) FROM (SELECT id FROM public.users ORDER BY id) AS u,
            LATERAL chat.conversation('\(user)', u.id, NULL, 999) AS c),
          (SELECT string_agg(m::text, chr(10) ORDER BY id) FROM public.messages m))
        """
    }

    private func readings(of users: [String], in database: String) async throws -> [String?] {
        try users.map { user in
            try session(of: user, in: database).run([Query(name: "reading", sql: Self.reading(user))])[0].text(0, 0)
        }
    }

    @Test func anUnknownPolicyIsNamed() async throws {
        try await withMarketplace { database in
            try server.sql("CREATE POLICY \"Admins see all\" ON messages USING (true)", database: database)
            let sentence = try #require(throws: StoreOpenError.self) { try migrate(database) }
            #expect("\(sentence)".contains(#"drop "Admins see all" first"#), "\(sentence)")
        }
    }

    // MARK: - Supabase's owner

    /// A server on which `postgres` is what it is at Supabase: no superuser, but the owner of the marketplace.
    private func supabase(rights: String) throws -> PostgresServer {
        let server = try PostgresServer()
        try server.sql(Layout.roles(rights: rights))
        try server.sql("ALTER DATABASE postgres OWNER TO postgres")
        try Layout.makeMarketplace(in: "postgres", on: server)
        try server.sql(
            """
            INSERT INTO users (id) VALUES ('\(layout.user("alice").wire)'), ('\(layout.user("bob").wire)');
            INSERT INTO messages (sender_id, receiver_id, message_text)
            SELECT '\(layout.user("alice").wire)', '\(layout.user("bob").wire)', 'old'
            """, user: "postgres")
        return server
    }

    @Test func theOwnerNeedNotBeASuperuser() async throws {
        let server = try supabase(rights: "CREATEROLE CREATEDB")
        _ = try Migrator.migrate(server.address(database: "postgres", user: "postgres"))
        let store = try await PostgresStore(server.address(database: "postgres", user: "chat_server"))
        let (alice, bob) = (layout.user("alice"), layout.user("bob"))
        try await store.store([draft("new", from: alice, to: bob)])
        try server.sql(
            """
            SET ROLE service_role; INSERT INTO messages (sender_id, receiver_id, message_text)
            VALUES ('\(alice.wire)', '\(bob.wire)', 'edge')
            """, user: "postgres")
        try server.sql("DELETE FROM messages WHERE message_text = 'old'", user: "postgres")
        #expect(try await store.feed(of: bob, after: 1, limit: 9).map(\.message.text.wire) == ["new", "edge"])
        #expect(try await store.feedStart(of: bob) == 1)
        try await store.close()
        try server.stop()
    }

    @Test func whatTheOwnerMayNotDoIsExplained() async throws {
        let server = try supabase(rights: "NOCREATEROLE")
        let sentence = try #require(throws: StoreOpenError.self) {
            _ = try Migrator.migrate(server.address(database: "postgres", user: "postgres"))
        }
        #expect("\(sentence)".contains("ALTER ROLE postgres CREATEROLE"), "\(sentence)")
        try server.stop()
    }

    /// It would fail halfway otherwise.
    @Test func onlyTheOwnerMigrates() async throws {
        try await withMarketplace { database in
            try server.sql(
                """
                DO $$ BEGIN IF to_regrole('developer') IS NULL THEN CREATE ROLE developer LOGIN CREATEROLE; END IF; END $$;
                GRANT CREATE ON DATABASE \(database) TO developer
                """)
            let address = try server.address(database: database, user: "developer")
            let sentence = try #require(throws: StoreOpenError.self) { _ = try Migrator.migrate(address) }
            #expect("\(sentence)".contains("the role developer does not own the table"), "\(sentence)")
            #expect("\(sentence)".hasSuffix("log in as postgres"), "\(sentence)")
            #expect(try Migrator.versions(address).present == 0)
        }
    }
}

#endif
