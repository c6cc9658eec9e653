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
        do {
            // It listens from now on. What was marked before is only known to have been missed.
            try await changes.wait(for: .readsMissed)
            try await body(store, database, changes)
        } catch {
            Issue.record(error)
        }
        task.cancel()
        await task.value
        try await store.close()
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
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

    /// By the database itself, whatever bus they have.
    @Test func serversTellEachOtherThatTheyAreThere() async throws {
        try await watch([]) { store, _, changes in
            let sign = NodeSign(NodeID(name: "a \"b\"", run: "1"), bus: "NATS at x")
            try await store.announce(sign)
            try await changes.wait(for: .nodeIsThere(sign))
        }
    }

    /// Whoever has the server's role can say that any number of nodes are there.
    @Test func aFloodOfSignsDelaysNoMessage() async throws {
        try await watch(["bob"]) { _, database, changes in
            let bob = layout.user("bob")
            let flood = try DatabaseConnection(server.address(database: database, user: "chat_server"))
            try flood.execute(
                """
                SELECT pg_notify(chat.channel() || '_nodes', json_build_array('node ' || n, n::text, 'x')::text)
                FROM generate_series(1, 100000) AS n
                """)
            let start = ContinuousClock.now
            try insert("1", in: database)
            try await changes.wait(for: .feedsGrew([bob: 1]))
            #expect(.now - start < .seconds(2))
            #expect(changes.countOfSigns < 1000)
        }
    }

    /// As the old web client does, by PostgREST.
    private func markRead(by reader: String, _ condition: String, in database: String) throws {
        try server.sql(
            """
            SET ROLE authenticated; SET request.jwt.claims = '{"sub": "\(layout.user(reader).wire)", "role": "authenticated"}';
            UPDATE messages SET is_read = true WHERE \(condition)
            """, database: database)
    }

    @Test func whatIsReadInAnotherProgramIsNoticed() async throws {
        try await watch(["alice"]) { store, database, changes in
            let (alice, bob, carol) = (layout.user("alice"), layout.user("bob"), layout.user("carol"))
            let stored = try await store.store([
                draft("1", from: alice, to: bob), draft("2", from: alice, to: bob), draft("3", from: carol, to: bob),
                draft("4", from: alice, to: bob), draft("5", from: alice, to: carol),
            ])
            try markRead(by: "bob", "message_text <= '3'", in: database)
            for index in [1, 2] {
                let message = stored[index].message
                let mark = ReadMark(user: bob, peer: message.sender, messageID: message.id)
                try await changes.waitForRead(ReadElsewhere(mark, isSenderTold: true))
            }
            #expect(try await store.marks(of: alice, with: bob).peer.read == stored[1].message.id)

            // Whoever blocks somebody is not told how far they are, and they read nothing of whom they block.
            _ = try await store.setBlocked(true, bob, by: alice, at: noon, limit: nil, atMost: 1)
            _ = try await store.setBlocked(true, alice, by: carol, at: noon, limit: nil, atMost: 1)
            try markRead(by: "carol", "true", in: database)
            try markRead(by: "bob", "true", in: database)
            let mark = ReadMark(user: bob, peer: alice, messageID: stored[3].message.id)
            try await changes.waitForRead(ReadElsewhere(mark, isSenderTold: false))
            #expect(changes.reads.count == 3 && !changes.reads.contains { $0.mark.user == carol })
        }
    }

    /// One statement makes one notification for each conversation, however many messages it marks.
    @Test func aLongConversationIsOneNotification() async throws {
        try await watch([]) { store, database, changes in
            try server.sql(
                """
                INSERT INTO messages (sender_id, receiver_id, message_text)
                SELECT '\(layout.user("carol").wire)', '\(layout.user("bob").wire)', n FROM generate_series(1, 3000) AS n
                """, database: database)
            let listener = try DatabaseConnection(server.address(database: database, user: "chat_server"))
            let name = try #require(listener.run([Query(name: "channel", sql: "SELECT chat.channel()")])[0].text(0, 0))
            try listener.execute("LISTEN \(name)_read")
            try markRead(by: "bob", "is_read = false", in: database)
            let last = try #require(try await store.feed(of: layout.user("bob"), after: 2999, limit: 1).first)
            let mark = ReadMark(user: layout.user("bob"), peer: layout.user("carol"), messageID: last.message.id)
            try await changes.waitForRead(ReadElsewhere(mark, isSenderTold: true))
            #expect(changes.reads.count == 1)
            #expect(try listener.notifications(within: .seconds(10)).count == 1)
        }
    }

    /// A notification that is too long would undo what another program does. Here ids are as long as they may be, and
    /// every character of them is written as six.
    @Test func theLongestNotificationFits() throws {
        let database = try Layout.empty.database()
        try server.sql("SELECT chat.epoch()", database: database)
        try server.sql(
            """
            INSERT INTO messages (sender_id, receiver_id, message_text)
            VALUES (repeat(chr(1), 512), repeat(chr(2), 512), 'a message');
            UPDATE messages SET is_read = true
            """, database: database)
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
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
            // The server listens again, and what was marked meanwhile was not told.
            let end = ContinuousClock.now + .seconds(30)
            while changes.count(of: .readsMissed) < 2 {
                try #require(.now < end)
                try await Task.sleep(for: .milliseconds(20))
            }
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
            // Whoever has not come so far must not resume.
            #expect(try await store.feedStart(of: alice) == 1)
            #expect(try await store.feed(of: alice, after: 1, limit: 9).map(\.message.text.wire) == ["2", "4"])
        }
    }

    @Test func errorsAreOneLineAndNameTheNextStep() async throws {
        try server.sql("CREATE DATABASE untouched")
        for (address, words) in [
            (try server.address(database: "untouched", user: "chat_server"), "migrate"),
            (try DatabaseAddress("host=127.0.0.1 port=1 user=chat_server dbname=x"), "refused"),
        ] {
            do {
                try await PostgresStore(address).close()
                Issue.record("it opened")
            } catch let error as StoreOpenError {
                #expect("\(error)".contains(words) && !"\(error)".contains { $0.isNewline }, "\(error)")
            }
        }
        try server.sql("DROP DATABASE untouched")
    }
}

/// What a store reported.
final class Changes: Sendable {
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

    func count(of change: SharedStoreChange) -> Int { all.withLock { $0.count { $0 == change } } }

    var countOfSigns: Int { all.withLock { $0.count { if case .nodeIsThere = $0 { true } else { false } } } }

    var reads: [ReadElsewhere] {
        all.withLock(\.self).flatMap { change -> [ReadElsewhere] in
            if case .read(let reads) = change { reads } else { [] }
        }
    }

    func waitForRead(_ read: ReadElsewhere) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while !reads.contains(read) {
            try #require(.now < end, "reported: \(reads)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

#endif
