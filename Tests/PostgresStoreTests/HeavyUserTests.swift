#if Cluster

import ChatWire
import Foundation
import Synchronization
import Testing

@testable import PostgresStore

/// A user with a feed of 80,000 messages, a conversation of 20,000 and 500 peers, among others' messages, who blocks people
/// who go on writing. Reading a page must cost what the page has, and not what the user has or is kept from, although
/// row security has a say in every row.
@Suite(.serialized, .timeLimit(.minutes(15))) struct HeavyUserTests {

    /// What the server asks for, and at most how many rows a step of the plan may look at.
    private struct Question {
        var name: String
        var sql: String
        var values: [String?]
        var mostRows: Int
        /// Of 1,000,000 messages, on a machine that does nothing else.
        var milliseconds: Double?
    }

    static let user = id(1)
    /// Whoever wrote to the user, was blocked, and goes on writing.
    private static let former = id(9997)
    private static let questions = [
        Question(
            name: "50 of the feed", sql: "SELECT * FROM chat.feed($1, $2, $3)", values: [user, "40000", "50"],
            mostRows: 100, milliseconds: 2),
        Question(
            name: "200 of the feed", sql: "SELECT * FROM chat.feed($1, $2, $3)", values: [user, "40000", "200"],
            mostRows: 400, milliseconds: 2),
        Question(
            name: "50 with somebody blocked", sql: "SELECT * FROM chat.feed($1, $2, $3)",
            values: [user, "80030", "50"], mostRows: 100, milliseconds: 2),
        Question(
            name: "50 of 20,000", sql: "SELECT * FROM chat.conversation($1, $2, $3, $4)",
            values: [user, id(2), nil, "51"], mostRows: 102, milliseconds: 2),
        Question(
            name: "50 of one begun before a block", sql: "SELECT * FROM chat.conversation($1, $2, $3, $4)",
            values: [user, former, nil, "51"], mostRows: 102, milliseconds: 2),
        Question(
            name: "50 of 500 conversations", sql: "SELECT * FROM chat.conversations($1, $2)", values: [user, "50"],
            mostRows: 2000, milliseconds: 15),
        Question(
            name: "the marks of 50", sql: "SELECT * FROM chat.marks($1, $2, $3, $4)", values: [user, nil, nil, "50"],
            mostRows: 1000),
        Question(name: "the log-in", sql: "SELECT * FROM chat.account($1, $2)", values: [user, "40000"], mostRows: 2),
    ]

    static func id(_ number: Int) -> String { "00000000-0000-4000-8000-" + String(format: "%012d", number) }

    @Test func plansLookAtNoMoreThanThePage() async throws {
        try await withDatabase { database in
            // Its plans are made now. They stay until the tables are analysed.
            let early = try session(database, user: "chat_server")
            for question in Self.questions { _ = try explain(question, on: early) }
            try fill(database, messages: 100_000, withheld: 20_000)
            for connection in [early, try session(database, user: "chat_server")] {
                for question in Self.questions {
                    let plan = try explain(question, on: connection)
                    #expect(!plan.contains("Seq Scan"), "\(question.name): \(plan)")
                    let rows = plan.matches(of: #/actual time=\S+ rows=(\d+) loops=(\d+)/#)
                        .map { (Int($0.1) ?? .max) * (Int($0.2) ?? .max) }
                    #expect(rows.max() ?? .max <= question.mostRows, "\(question.name): \(plan)")
                    let removed = plan.matches(of: #/Rows Removed by [\w ]+: (\d+)/#).map { Int($0.1) ?? .max }
                    #expect(removed.max() ?? 0 <= 100, "\(question.name): \(plan)")
                }
            }
        }
    }

    /// The number of messages among which `make bench-postgres` measures.
    static let measured = ProcessInfo.processInfo.environment["MEASURE_POSTGRES"].flatMap { Int($0) }

    /// Prints the figures.
    @Test(.enabled(if: measured != nil)) func measure() async throws {
        let database = try measuredDatabase()
        let (owner, user) = (try session(database, user: "owner"), try session(database, user: "chat_server"))
        print("| read | as the owner, ms | as the user, ms |\n|---|---|---|")
        for question in Self.questions {
            let (owners, users) = (try milliseconds(question, on: owner), try milliseconds(question, on: user))
            print("| \(question.name) | \(owners.formatted(.number.precision(.fractionLength(2))))", terminator: "")
            print(" | \(users.formatted(.number.precision(.fractionLength(2)))) |")
            guard let limit = question.milliseconds else { continue }
            #expect(users <= limit && users <= 1.7 * owners, "\(question.name)")
        }
    }

    // MARK: - The database

    private static let filled = Mutex<String?>(nil)

    /// The database for all figures of one run. It goes with its server.
    func measuredDatabase() throws -> String {
        try Self.filled.withLock { filled in
            if let filled { return filled }
            let (database, start) = (try Layout.marketplace.database(), ContinuousClock.now)
            try fill(database, messages: Self.measured ?? 0, withheld: 80_000)
            print("\(Self.measured ?? 0) messages were inserted in \(((.now - start) / .seconds(1)).rounded()) s")
            filled = database
            return database
        }
    }

    let server = PostgresServer.shared

    private func withDatabase(_ body: (_ database: String) async throws -> Void) async throws {
        let database = try Layout.marketplace.database()
        try await body(database)
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }

    /// What the old web client and the edge function write, so that the triggers give everything its place.
    private func fill(_ database: String, messages: Int, withheld: Int) throws {
        let (other, stranger) = (Self.id(9999), Self.id(9998))
        let user = { (number: String) in "('00000000-0000-4000-8000-' || lpad((\(number))::text, 12, '0'))::uuid" }
        try server.sql(
            """
            INSERT INTO users (id) SELECT \(user("n")) FROM generate_series(1, 10000) AS n ON CONFLICT DO NOTHING;
            DO $$ BEGIN FOR block IN 0..\(messages / 1000 - 1) LOOP
              INSERT INTO messages (sender_id, receiver_id, message_text, created_at)
              SELECT CASE WHEN is_sent THEN one ELSE other END, CASE WHEN is_sent THEN other ELSE one END, 'message ' || n,
                timestamptz '2025-01-01' + n * interval '1 s'
              FROM (
                SELECT n, heavy / 4 % 2 = 0 AS is_sent,
                  \(user("CASE WHEN is_heavy THEN 1 ELSE 502 + n * 7 % 9499 END")) AS one,
                  \(user("""
                      CASE WHEN NOT is_heavy THEN 502 + n * 13 % 9498 WHEN heavy % 4 = 0 THEN 2
                        ELSE 3 + heavy % 499 END
                      """)) AS other
                FROM (
                  SELECT n, n * 80000 / \(messages) AS heavy, n * 80000 % \(messages) < 80000 AS is_heavy
                  FROM generate_series(block * 1000::bigint + 1, (block + 1) * 1000) AS n
                ) AS d
              ) AS d;
            END LOOP; END $$;
            UPDATE messages SET is_read = true
            WHERE receiver_id = '\(Self.user)'
              AND created_at < (SELECT max(created_at) FROM messages) - \(messages / 100) * interval '1 s';
            INSERT INTO messages (sender_id, receiver_id, message_text)
            SELECT '\(other)', '\(Self.user)', 'before ' || n FROM generate_series(1, 100) AS n;
            INSERT INTO messages (sender_id, receiver_id, message_text)
            SELECT '\(Self.former)', '\(Self.user)', 'before ' || n FROM generate_series(1, 100) AS n;
            UPDATE messages SET is_read = true
            WHERE sender_id IN ('\(other)', '\(Self.former)') AND receiver_id = '\(Self.user)';
            SELECT chat.set_blocked(true, '\(Self.user)', blocked, now(), 9, 9)
            FROM unnest('{\(other),\(stranger),\(Self.former)}'::uuid[]) AS blocked;
            DO $$ BEGIN FOR block IN 1..\(withheld / 1000) LOOP
              INSERT INTO messages (sender_id, receiver_id, message_text)
              SELECT '\(stranger)', '\(Self.user)', 'withheld ' || n FROM generate_series(1, 1000) AS n;
              INSERT INTO messages (sender_id, receiver_id, message_text)
              SELECT '\(Self.former)', '\(Self.user)', 'withheld ' || n FROM generate_series(1, 1000) AS n;
            END LOOP; END $$;
            """, database: database)
    }

    /// A session as the server has it, and for its log-in the rights and claims of the user.
    private func session(_ database: String, user: String) throws -> DatabaseConnection {
        let connection = try DatabaseConnection(server.address(database: database, user: user))
        try connection.execute("SET search_path = pg_catalog; \(Migration.sessionPlanning)")
        let claims = "{\"sub\": \"\(Self.user)\", \"role\": \"authenticated\"}"
        try connection.execute("SET request.jwt.claims = '\(claims)'")
        if user == "chat_server" { try connection.execute("SET ROLE authenticated") }
        for question in Self.questions {
            try connection.execute("PREPARE \"\(question.name)\" AS \(question.sql)")
        }
        return connection
    }

    private func call(_ question: Question) -> String {
        let values = question.values.map { $0.map { "'\($0)'" } ?? "NULL" }.joined(separator: ", ")
        return "EXECUTE \"\(question.name)\"(\(values))"
    }

    private func explain(
        _ question: Question, _ options: String = "", on connection: DatabaseConnection
    ) throws -> String {
        // Some plans run functions of their own, which are planned when they are first used.
        try connection.execute(call(question))
        let sql = "EXPLAIN (ANALYZE, COSTS OFF\(options)) \(call(question))"
        let rows = try connection.run([Query(name: sql, sql: sql)])[0]
        return (0..<rows.count).compactMap { rows.text($0, 0) }.joined(separator: "\n")
    }

    /// The median of the server's own times.
    private func milliseconds(_ question: Question, on connection: DatabaseConnection) throws -> Double {
        let times = try (0..<51).map { _ in
            let plan = try explain(question, ", TIMING OFF", on: connection)
            return try #require(plan.firstMatch(of: #/Execution Time: (\S+) ms/#).flatMap { Double($0.1) })
        }
        return times.sorted()[25]
    }
}

#endif
