#if Cluster

import ChatServer
import ChatWire
import Foundation
import StoreContract
import Testing

@testable import PostgresStore

/// Batches of which the database takes a part only. Each message gets its own outcome.
@Suite(.timeLimit(.minutes(3))) struct DividedBatchTests {
    private let layout = Layout.marketplace
    private var alice: UserID { layout.user("alice") }
    private var bob: UserID { layout.user("bob") }

    /// A trigger of the marketplace does what a message's text says.
    private static let trigger = """
        CREATE TABLE held (n int);
        INSERT INTO held VALUES (1);
        CREATE SEQUENCE cuts;
        CREATE FUNCTION obey() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
          CASE NEW.message_text
            WHEN 'word' THEN RAISE 'no such words';
            WHEN 'zero' THEN PERFORM 1 / (length(NEW.message_text) - 4);
            WHEN 'slow' THEN PERFORM pg_sleep(60);
            WHEN 'locked' THEN PERFORM FROM public.held FOR UPDATE;
            WHEN 'cut' THEN
              IF nextval('public.cuts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
            WHEN 'unsupported' THEN RAISE feature_not_supported USING MESSAGE = 'not this one';
            ELSE NULL;
          END CASE;
          RETURN NEW;
        END $$;
        CREATE TRIGGER obey BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION obey();
        ALTER TABLE messages ADD CONSTRAINT no_check CHECK (message_text <> 'check');
        """

    private func with(
        limits: TimeLimits = TimeLimits(),
        _ body: (_ store: PostgresStore, _ owner: DatabaseConnection) async throws -> Void
    ) async throws {
        let server = PostgresServer.shared
        let database = try layout.database()
        try server.sql(Self.trigger, database: database)
        let owner = try DatabaseConnection(server.address(database: database, user: "owner"))
        let store = try await PostgresStore(
            server.address(database: database, user: "chat_server"), limits: limits)
        do { try await body(store, owner) } catch { Issue.record(error) }
        try await store.close()
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }

    private func drafts(_ texts: [String]) -> [MessageDraft] {
        texts.map { draft($0, from: alice, to: bob, id: ClientMessageID("id of \($0.prefix(9))")) }
    }

    /// The outcomes in a word each.
    private func names(_ outcomes: [AppendOutcome]) -> [String] {
        outcomes.map { outcome in
            switch outcome {
            case .stored: "stored"
            case .duplicate: "duplicate"
            case .refused(let refusal): "\(refusal)"
            case .notStored(let error): "not stored: \(error.kind)"
            case .unknown(let error): "unknown: \(error.kind)"
            case .conflict, .banned, .rateLimited: "\(outcome)"
            }
        }
    }

    private func texts(in store: PostgresStore) async throws -> [String] {
        try await store.feed(of: bob, after: 0, limit: 9999).map(\.message.text.wire)
    }

    // MARK: - A limit of time in the middle

    @Test(arguments: [
        ("slow", TimeLimits(statement: .seconds(2), lock: .seconds(30))),
        ("locked", TimeLimits(statement: .seconds(30), lock: .milliseconds(500))),
    ])
    func whatWasStoredBeforeATimeLimitIsConfirmed(_ last: String, _ limits: TimeLimits) async throws {
        try await with(limits: limits) { store, owner in
            try owner.execute("BEGIN; SELECT FROM held FOR UPDATE")
            let batch = drafts(["1", "2", "word", last, "3"])
            let late = "not stored: locked"
            #expect(try await names(store.append(batch)) == ["stored", "stored", "keptOut", late, late])
            #expect(try await texts(in: store) == ["1", "2"])

            try owner.execute("COMMIT; ALTER TABLE messages DISABLE TRIGGER obey")
            let again = try await names(store.append(batch))
            #expect(again == ["duplicate", "duplicate", "stored", "stored", "stored"])
            #expect(try await texts(in: store) == ["1", "2", "word", last, "3"])
        }
    }

    // MARK: - One message or everybody

    @Test(arguments: ["word", "check"])
    func whatCanNeverBeStoredIsRefusedAloneAndInCompany(_ text: String) async throws {
        try await with { store, _ in
            let alone = try await store.append(drafts([text]))
            #expect(alone == [.refused(.keptOut)])
            let inCompany = try await store.append(drafts(["1", text, "2"]))
            #expect(names(inCompany) == ["stored", "keptOut", "stored"])
            let stored = try await texts(in: store)
            #expect(stored == ["1", "2"])
        }
    }

    @Test(arguments: [
        ("REVOKE INSERT ON messages FROM chat_owner", "GRANT INSERT ON messages TO chat_owner"),
        (
            "ALTER TABLE messages RENAME message_text TO body",
            "ALTER TABLE messages RENAME body TO message_text"
        ),
        (
            "ALTER TABLE messages ADD region text NOT NULL DEFAULT ''; ALTER TABLE messages ALTER region DROP DEFAULT",
            "ALTER TABLE messages DROP region"
        ),
        (
            """
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ASSERT false; END $$;
            CREATE TRIGGER fail BEFORE INSERT ON messages FOR EACH STATEMENT EXECUTE FUNCTION fail()
            """, "DROP TRIGGER fail ON messages"
        ),
    ])
    func whatConcernsEverybodyRefusesNobody(_ breaking: String, _ mending: String) async throws {
        try await with { store, owner in
            try owner.execute("ALTER TABLE messages DISABLE TRIGGER obey")
            for count in [1, 2, 64] {
                try owner.execute(breaking)
                let batch = drafts((1...count).map { "\(count) \($0)" })
                await #expect(throws: StoreError.self) { _ = try await store.append(batch) }
                try owner.execute("\(mending); DROP FUNCTION IF EXISTS fail")
                #expect(try await names(store.append(batch)) == batch.map { _ in "stored" })
            }
        }
    }

    /// The code does not tell whether a failure is one message's own, so the others are tried. Nobody is refused for ever.
    @Test func aFailureOfOneMessageOnlyDoesNotHoldUpOthers() async throws {
        try await with { store, owner in
            try owner.execute("CREATE INDEX ON messages (message_text)")
            let long = String.noise(8000)
            for (number, text) in [long, "unsupported", "zero"].enumerated() {
                let batch = drafts(["\(number) 1", text, "\(number) 2"])
                #expect(try await names(store.append(batch)) == ["stored", "not stored: failed", "stored"])
                await #expect(throws: StoreError.self) { _ = try await store.append([batch[1]]) }
            }
            #expect(try await texts(in: store) == ["0 1", "0 2", "1 1", "1 2", "2 1", "2 2"])

            // Not even several of one sender.
            let batch = drafts(["zero", "unsupported", long, "3 1", "3 2"])
            let failed = "not stored: failed"
            #expect(try await names(store.append(batch)) == [failed, failed, failed, "stored", "stored"])
        }
    }

    // MARK: - A connection that is cut

    @Test func aCutInTheMiddleOfHalvingDoublesNothing() async throws {
        try await with { store, _ in
            let outcomes = try await store.append(
                ["1", "word", "2", "cut", "3"].map { draft($0, from: alice, to: bob) })
            #expect(names(outcomes) == ["stored", "keptOut", "stored", "stored", "stored"])
            #expect(outcomes.compactMap { $0.stored?.receiverCursor } == [1, 2, 3, 4])
            #expect(try await texts(in: store) == ["1", "2", "cut", "3"])
        }
    }

    /// The commit is on the disk and waits for a standby when the server goes away, and the server does not come back in
    /// time. So nobody knows of the message, and it must not be called a failure.
    @Test func aMessageThatMayBeStoredIsNoFailure() async throws {
        let server = try PostgresServer()
        _ = try Migrator.migrate(server.address(database: "postgres", user: "owner"))
        let store = try await PostgresStore(
            server.address(database: "postgres", user: "chat_server"), limits: TimeLimits(away: .seconds(3)))
        try await store.store([draft("1")])
        try server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try server.sql("SELECT pg_reload_conf()")
        try await server.wait(for: "SELECT 1 / (current_setting('synchronous_standby_names') = 'nobody')::int")
        let doubtful = draft("2", id: "m2")
        let writing = Task { try await store.append([doubtful]) }
        try await server.wait(
            for: "SELECT 1 / (count(*) > 0)::int FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        try server.stop()
        #expect(try await names(writing.value) == ["unknown: failed"])
        // What was not sent is surely not there.
        await #expect(throws: StoreError.self) { _ = try await store.append([draft("3")]) }

        try server.start()
        try server.sql("ALTER SYSTEM RESET synchronous_standby_names")
        try server.sql("SELECT pg_reload_conf()")
        try await server.wait(for: "SELECT 1 / (current_setting('synchronous_standby_names') = '')::int")
        #expect(try await names(store.append([doubtful])) == ["duplicate"])
        #expect(try await store.feed(of: user("bob"), after: 0, limit: 9).map(\.message.text.wire) == ["1", "2"])
        try await store.close()
        try server.stop()
    }
}

#endif
