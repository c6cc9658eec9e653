#if Cluster

import ChatServer
import ChatWire
import Logging
import StoreContract
import Testing

@testable import PostgresStore

/// What other programs and the marketplace's own triggers do to rows, which must harm nobody else.
@Suite(.timeLimit(.minutes(3))) struct ForeignRowTests {
    private let server = PostgresServer.shared
    private let layout = Layout.marketplace
    private var alice: UserID { layout.user("alice") }
    private var bob: UserID { layout.user("bob") }
    private var carol: UserID { layout.user("carol") }

    /// - Parameter before: What happens in the marketplace before its migration.
    private func with(
        before: String? = nil, _ body: (_ store: PostgresStore, _ database: String) async throws -> Void
    ) async throws {
        let database = try layout.database(isMigrated: false)
        do {
            if let before { try server.sql(before, database: database) }
            _ = try Migrator.migrate(server.address(database: database, user: layout.owner))
            let store = try await PostgresStore(server.address(database: database, user: "chat_server"))
            do { try await body(store, database) } catch { Issue.record(error) }
            try await store.close()
        } catch {
            Issue.record(error)
        }
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }

    private func insert(_ text: String, columns: String = "", values: String = "") -> String {
        """
        INSERT INTO messages (sender_id, receiver_id, message_text\(columns))
        VALUES ('\(alice.wire)', '\(bob.wire)', \(text)\(values));
        """
    }

    @Test func aLongTextIsCut() async throws {
        try await with(before: insert("repeat('ы', 70000)")) { store, database in
            try server.sql("SET ROLE service_role; " + insert("repeat('y', 9000)"), database: database)
            let texts = try await store.feed(of: bob, after: 0, limit: 9).map(\.message.text.wire)
            #expect(texts == [String(repeating: "ы", count: 2000) + "…", String(repeating: "y", count: 2000) + "…"])
        }
    }

    @Test func aTimeThatNoClockShowsIsNoTime() async throws {
        let times = ["'infinity'", "'-infinity'", "'294276-12-31'", "NULL"]
        let before = times.map { insert("'x'", columns: ", created_at", values: ", \($0)") }.joined()
        try await with(before: before) { store, _ in
            let feed = try await store.feed(of: bob, after: 0, limit: 9)
            #expect(feed.map(\.message.createdAt) == times.map { _ in Timestamp(microseconds: 0) })
            #expect(try await store.conversations(of: bob, limit: 9).count == 1)
        }
    }

    @Test func aRowWithoutAReceiverIsNoMessage() async throws {
        let before = """
            ALTER TABLE messages ALTER receiver_id DROP NOT NULL;
            INSERT INTO messages (sender_id, message_text) VALUES ('\(alice.wire)', 'system');
            """
        try await with(before: before + insert("'1'")) { store, database in
            let system = "INSERT INTO messages (sender_id, message_text) VALUES ('\(alice.wire)', 'system');"
            try server.sql(system + insert("'2'"), database: database)
            #expect(try await store.feed(of: alice, after: 0, limit: 9).map(\.message.text.wire) == ["1", "2"])
        }
    }

    /// A filter that leaves a row out would otherwise make a confirmed message that is nowhere.
    @Test func aMessageThatAFilterKeepsOutIsRefusedAlone() async throws {
        try await with { store, database in
            try server.sql(
                """
                CREATE FUNCTION filter() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  IF NEW.message_text = 'word' THEN RAISE 'no such words'; END IF;
                  RETURN CASE WHEN NEW.message_text <> 'spam' THEN NEW END;
                END $$;
                CREATE TRIGGER filter BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION filter();
                """, database: database)
            let outcomes = try await store.append([
                draft("1", from: alice, to: bob), draft("spam", from: carol, to: bob),
                draft("word", from: carol, to: bob), draft("2", from: alice, to: bob),
            ])
            #expect(outcomes.map { $0.stored?.senderCursor } == [1, nil, nil, 2])
            #expect(try await store.feed(of: bob, after: 0, limit: 9).map(\.message.text.wire) == ["1", "2"])
        }
    }

    /// One message that can never be stored costs its batch a search, and not a transaction for each of the others.
    @Test func aRefusedMessageIsFoundByHalving() async throws {
        try await with { store, database in
            try server.sql(
                """
                CREATE SEQUENCE inserts; GRANT ALL ON SEQUENCE inserts TO public;
                CREATE FUNCTION count_inserts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  PERFORM nextval('public.inserts'); RETURN NULL;
                END $$;
                CREATE TRIGGER count_inserts BEFORE INSERT ON messages
                  FOR EACH STATEMENT EXECUTE FUNCTION count_inserts();
                CREATE FUNCTION filter() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  IF NEW.message_text = 'word' THEN RAISE 'no such words'; END IF;
                  RETURN NEW;
                END $$;
                CREATE TRIGGER filter BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION filter();
                """, database: database)
            let outcomes = try await store.append(
                (0..<256).map { draft($0 == 100 ? "word" : "\($0)", from: alice, to: bob) })
            #expect(outcomes.indices.filter { outcomes[$0].stored == nil } == [100])
            #expect(outcomes[100] == .refused(.keptOut))
            let texts = try await store.feed(of: bob, after: 0, limit: 999).map(\.message.text.wire)
            #expect(texts == (0..<256).filter { $0 != 100 }.map { "\($0)" })
            let owner = try DatabaseConnection(server.address(database: database, user: "owner"))
            let count = try owner.run([Query(name: "count", sql: "SELECT last_value FROM inserts")])[0].int(0, 0)
            #expect(try #require(count) <= 17)
        }
    }

    /// Whoever names somebody who is no user of the marketplace, or spells an id otherwise than the database prints it,
    /// holds up nobody else.
    @Test func idsThatNobodyHasAreRefusedAlone() async throws {
        try await with { store, database in
            let odd = ["bob", bob.wire.replacing("0000-4", with: "0000-A").uppercased(), "{\(bob.wire)}"]
                .compactMap { UserID($0) }
            let nobody = try #require(UserID("00000000-0000-4000-8000-00000000dead"))
            #expect(store.userIDs == .uuid && odd.count == 3)
            var drafts = odd.map { draft("to \($0)", from: alice, to: $0) }
            drafts += odd.map { draft("from \($0)", from: $0, to: alice) }
            drafts += [draft("1", from: alice, to: bob), draft("nobody", from: alice, to: nobody)]
            drafts.append(draft("2", from: alice, to: bob))
            let outcomes = try await store.append(drafts)
            #expect(outcomes.map { $0.stored?.senderCursor } == [nil, nil, nil, nil, nil, nil, 1, nil, 2])
            #expect(outcomes.filter { $0.stored == nil }.allSatisfy { $0 == .refused(.noSuchUser) })
            #expect(try await store.append([drafts[0]]) == [.refused(.noSuchUser)])

            // What concerns many users at once.
            let last = try #require(outcomes.last?.stored?.message.id)
            let marks = odd.map { ReadMark(user: bob, peer: $0, messageID: last) }
            let own = ReadMark(user: bob, peer: alice, messageID: last)
            #expect(try await store.markRead(marks + [own]) == [nil, nil, nil, true])
            let acknowledgements = (odd + [bob]).map { Acknowledgement(user: $0, cursor: 2) }
            #expect(try await store.acknowledge(acknowledgements).map(\.count) == [0, 0, 0, 1])
            let time = Timestamp(microseconds: 1)
            try await store.setLastSeen(Dictionary(uniqueKeysWithValues: (odd + [bob]).map { ($0, time) }))
            #expect(try await store.lastSeen(of: odd + [bob]) == [bob: time])
            #expect(try await store.lastCursors(of: odd + [bob]) == [bob: 2])
            #expect(try await store.blockers(of: alice, among: odd + [bob]).isEmpty)
            #expect(try await !store.isBanned(odd[0]))
            try await expectRefusals(of: odd, by: store)
        }
    }

    /// A server on the store takes them for nobody's, too.
    private func expectRefusals(of odd: [UserID], by store: PostgresStore) async throws {
        let hub = Hub(
            store: store, authenticator: nil, configuration: Cluster.configuration, timing: Cluster.timing,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { noon }
        let routes = Routes(hub: hub, policy: AccessPolicy())
        for user in odd {
            let phone = Phone(of: user, on: hub)
            phone.says(.auth(.init(user: user, protocolVersion: 2)))
            try await phone.wait("the end") { phone.closedWith == 4505 }
            let questions = [("/messages", user, bob), ("/messages", bob, user), ("/conversations", user, bob)]
            for (path, one, other) in questions {
                let request = Routes.Request(
                    method: "GET", path: path,
                    query: [(name: "userId", value: one.wire), (name: "otherUserId", value: other.wire)])
                #expect(await routes.respond(to: request).status == 400)
            }
        }
        let known = Routes.Request(method: "GET", path: "/conversations", query: [(name: "userId", value: bob.wire)])
        #expect(await routes.respond(to: known).status == 200)
        hub.finish()
    }

    /// The old web client may mark the newest message only. It counts what is unread by the rows.
    @Test func whatIsBeforeAMarkIsReadInTheTable() async throws {
        try await with { store, database in
            let stored = try await store.store([
                draft("1", from: alice, to: bob), draft("2", from: alice, to: bob), draft("3", from: alice, to: bob),
                draft("to alice", from: bob, to: alice), draft("of carol", from: carol, to: bob),
                draft("4", from: alice, to: bob),
            ])
            let claims: (UserID) -> String = {
                "SET ROLE authenticated; SET request.jwt.claims = '{\"sub\": \"\($0.wire)\"}'; "
            }
            let owner = try DatabaseConnection(server.address(database: database, user: "owner"))
            func read() throws -> [String?] {
                let sql = "SELECT message_text FROM messages WHERE is_read ORDER BY 1"
                let rows = try owner.run([Query(name: "read", sql: sql)])[0]
                return (0..<rows.count).map { rows.text($0, 0) }
            }
            // Somebody holds a row, who may wait for this mark.
            try owner.execute("BEGIN; SELECT FROM messages WHERE message_text = '2' FOR UPDATE")
            try server.sql(
                claims(bob) + "SET lock_timeout = '5s'; UPDATE messages SET is_read = true WHERE message_text = '3'",
                database: database)
            try owner.execute("COMMIT")
            #expect(try read() == ["1", "3"])
            #expect(try await store.marks(of: bob, with: alice).own.read == stored[2].message.id)
            let page = try await store.conversation(of: alice, with: bob, before: nil, limit: 9)
            #expect(page.messages.map(\.isRead) == [true, true, true, false, false])
            try server.sql(
                claims(bob) + "UPDATE messages SET is_read = true WHERE message_text = '4'", database: database)
            #expect(try read() == ["1", "3", "4"])
            #expect(try await store.conversations(of: bob, limit: 9).map(\.unread) == [0, 1])
        }
    }

    /// The one who comes upon it is told to load everything anew, and goes on.
    @Test(arguments: [
        "UPDATE messages SET receiver_id = sender_id WHERE message_text = '1'",
        "SET session_replication_role = replica; DELETE FROM messages WHERE message_text = '1'",
    ])
    func aRowThatIsGoneWithoutAWordIsForgotten(_ change: String) async throws {
        try await with { store, database in
            try await store.store([draft("1", from: alice, to: bob), draft("2", from: alice, to: bob)])
            try server.sql(change, database: database)
            await #expect(throws: StoreError.self) { try await store.feed(of: bob, after: 0, limit: 9) }
            #expect(try await store.feedStart(of: bob) == 1)
            #expect(try await store.feed(of: bob, after: 1, limit: 9).map(\.message.text.wire) == ["2"])
        }
    }

    @Test func aProductsTitleIsKeptWithTheMessage() async throws {
        let product = "aaaaaaaa-0000-4000-8000-000000000001"
        let before = "INSERT INTO products (id, title) VALUES ('\(product)', 'Велосипед');"
        let row = insert("'x'", columns: ", product_id", values: ", '\(product)'")
        try await with(before: before + row) { store, database in
            try server.sql(row, database: database)
            let titles = try await store.feed(of: bob, after: 0, limit: 9).map { $0.product?.title?.wire }
            #expect(titles == ["Велосипед", "Велосипед"])
        }
    }

    @Test func theOwnersTimeLimitDoesNotEndTheMigration() async throws {
        try await with(before: "ALTER ROLE \(layout.owner) SET statement_timeout = '1ms'") { store, _ in
            try server.sql("ALTER ROLE \(layout.owner) RESET statement_timeout")
            #expect(try await store.feed(of: bob, after: 0, limit: 9).isEmpty)
        }
        try server.sql("ALTER ROLE \(layout.owner) RESET statement_timeout")
    }

    @Test(arguments: [
        ("ALTER TABLE messages DROP updated_at", "messages.updated_at (timestamp with time zone)"),
        ("ALTER TABLE messages ALTER is_read DROP DEFAULT, ALTER is_read TYPE text", "messages.is_read (boolean)"),
    ])
    func whatATableLacksIsSaid(_ change: String, _ words: String) async throws {
        let database = try layout.database(isMigrated: false)
        do {
            try server.sql(change, database: database)
            let address = try server.address(database: database, user: layout.owner)
            for attempt in [{ _ = try Migrator.versions(address) }, { _ = try Migrator.migrate(address) }] {
                do {
                    try attempt()
                    Issue.record("it was migrated")
                } catch {
                    #expect("\(error)".contains(words), "\(error)")
                }
            }
        } catch {
            Issue.record(error)
        }
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }

    /// As Supabase has it by default, everybody may do everything with a new table.
    @Test func onAnEmptyDatabaseNobodyChangesPeople() async throws {
        let database = try Layout.empty.database(isMigrated: false)
        do {
            try server.sql(
                "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO anon, authenticated, service_role;"
                    + "ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;",
                database: database)
            _ = try Migrator.migrate(server.address(database: database, user: "owner"))
            for statement in [
                "SET ROLE anon; UPDATE public.users SET full_name = 'x'", "SET ROLE anon; SELECT FROM public.users",
                "SET ROLE authenticated; INSERT INTO public.products (id) VALUES (gen_random_uuid())",
                "SET ROLE authenticated; TRUNCATE chat.heads", "SET ROLE authenticated; SELECT chat.channel()",
                "SET ROLE service_role; SELECT chat.new_epoch()", "SET ROLE anon; SELECT FROM chat.schema_version",
            ] {
                #expect(throws: (any Error).self, "\(statement)") { try server.sql(statement, database: database) }
            }
        } catch {
            Issue.record(error)
        }
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }
}

#endif
