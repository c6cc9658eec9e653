#if Cluster

import ChatServer
import ChatWire
import StoreContract
import Testing

@testable import PostgresStore

/// Attacks on a database, as every role that can reach it. Alice attacks; bob and carol talk; bob blocks dave.
@Suite struct RightsTests {

    private static let refused = "42501"

    @Test(arguments: Layout.allCases) func anonymousVisitorsReachNothing(_ layout: Layout) async throws {
        try await attack(layout) { place in
            let attacks = [
                "SELECT * FROM messages", "UPDATE messages SET is_read = true", "DELETE FROM messages",
                "TRUNCATE messages", "SELECT * FROM chat.entries", "SELECT chat.epoch()",
                "SELECT * FROM chat.last_cursors('{}')", "SELECT chat.channel()",
                place.insert(from: "alice", to: "bob"),
            ]
            try place.run(as: "anon", claims: nil, attacks.map { ($0, Self.refused) })
        }
    }

    @Test(arguments: Layout.allCases) func usersReachOnlyWhatIsTheirs(_ layout: Layout) async throws {
        try await attack(layout) { place in
            let (alice, bob, carol) = (place["alice"], place["bob"], place["carol"])
            try place.run(
                as: "authenticated", claims: "alice",
                [
                    ("SELECT * FROM messages", "2 rows"), ("SELECT * FROM chat.entries", "2 rows"),
                    ("SELECT * FROM chat.heads", "1 rows"), ("SELECT * FROM chat.peers", "2 rows"),
                    ("SELECT * FROM chat.blocks", "0 rows"), ("SELECT * FROM chat.withholding", "0 rows"),
                    ("SELECT * FROM chat.unmarked", Self.refused), ("SELECT chat.mark_rest(9)", Self.refused),
                    ("SELECT * FROM messages WHERE message_text = 'secret'", "0 rows"),
                    ("SELECT * FROM chat.entries WHERE client_message_id = 'k1'", "0 rows"),
                    ("SELECT * FROM chat.feed('\(bob)', 0, 99)", "2 rows"),  // those with alice
                    ("SELECT * FROM chat.conversation('\(bob)', '\(carol)', NULL, 99)", "0 rows"),
                    ("SELECT * FROM chat.conversations('\(carol)', 99)", "0 rows"),
                    // Inserting: as oneself, unread, without a choice of ids.
                    (place.insert(from: "bob", to: "carol"), Self.refused),
                    (place.insert(from: "bob", to: "alice"), Self.refused),
                    (
                        """
                        INSERT INTO messages (sender_id, receiver_id, message_text, is_read)
                        VALUES ('\(alice)', '\(bob)', 'x', true)
                        """, Self.refused
                    ),
                    (
                        """
                        INSERT INTO messages (id, sender_id, receiver_id, message_text)
                        SELECT id, '\(alice)', '\(bob)', 'x' FROM messages
                        """, Self.refused
                    ),
                    (place.insert(from: "alice", to: "bob") + " RETURNING *", "1 rows"),
                    (
                        """
                        INSERT INTO messages (sender_id, receiver_id, message_text)
                        VALUES ('\(alice)', '\(bob)', repeat('y', 8193))
                        """, Self.refused
                    ),
                    // Changing: what one received, and only whether it was read. Without WHERE the policy for reading is
                    // not asked.
                    ("UPDATE messages SET message_text = 'forged'", Self.refused),
                    ("UPDATE messages SET receiver_id = sender_id", Self.refused),
                    ("UPDATE messages SET created_at = now()", Self.refused),
                    ("UPDATE messages SET is_read = true", "1 rows"),
                    ("DELETE FROM messages", Self.refused), ("TRUNCATE messages", Self.refused),
                    ("UPDATE chat.entries SET receiver_cursor = 1", Self.refused),
                    ("INSERT INTO chat.blocks VALUES ('\(bob)', '\(alice)')", Self.refused),
                    ("UPDATE chat.heads SET last_cursor = 0", Self.refused),
                    ("SELECT nextval('chat.seq')", Self.refused), ("SELECT * FROM chat.incarnation", Self.refused),
                    ("SELECT * FROM chat.acknowledged", Self.refused), ("SELECT * FROM chat.last_seen", Self.refused),
                    // What is the server's.
                    (place.append(from: "alice", to: "bob"), Self.refused),
                    ("SELECT * FROM chat.acknowledge('{}', '{}', 1)", Self.refused),
                    ("SELECT chat.channel()", Self.refused),
                    ("SELECT chat.new_epoch()", Self.refused), ("SELECT chat.check_writable()", Self.refused),
                    ("SELECT * FROM chat.set_blocked(true, '\(bob)', '\(alice)', now(), 9, 9)", Self.refused),
                    ("SELECT chat.set_banned(true, '\(bob)', now())", Self.refused),
                    ("SELECT chat.set_name('\(bob)', 'x')", Self.refused), ("SET ROLE service_role", Self.refused),
                ])
            let texts = try place.column("SELECT concat_ws(' ', message_text, is_read) FROM messages ORDER BY 1")
            #expect(texts == ["mine f", "older f", "secret f", "to alice t", "withheld f", "x f"])
        }
    }

    @Test(arguments: Layout.allCases) func nobodyLearnsOfABlock(_ layout: Layout) async throws {
        try await attack(layout) { place in
            let dave = place["dave"]
            try place.run(
                as: "authenticated", claims: "bob",
                [
                    ("SELECT * FROM messages WHERE message_text = 'withheld'", "0 rows"),
                    ("UPDATE messages SET is_read = true WHERE message_text = 'withheld'", "0 rows"),
                    ("SELECT * FROM chat.entries WHERE sender_id = '\(dave)'", "1 rows"),
                    // Alice's message is bob's to mark. Dave's older one is not while the block lasts.
                    ("UPDATE messages SET is_read = true", "1 rows"),
                ])
            try place.run(
                as: "authenticated", claims: "dave",
                [
                    ("SELECT * FROM messages WHERE message_text = 'withheld'", "1 rows"),
                    ("SELECT * FROM messages WHERE is_read", "0 rows"), ("SELECT * FROM chat.blocks", "0 rows"),
                    ("SELECT * FROM chat.withholding", "0 rows"), ("SELECT * FROM chat.kept_profiles", "1 rows"),
                ])
        }
    }

    /// What was delivered before a block stays visible during it, also to a query that reads all rows.
    @Test(arguments: Layout.allCases) func whatCameBeforeABlockStays(_ layout: Layout) async throws {
        try await attack(layout) { place in
            let dave = place["dave"]
            try place.run(
                as: "authenticated", claims: "bob",
                [
                    ("SELECT * FROM messages", "4 rows"),
                    ("SELECT * FROM messages WHERE message_text = 'older'", "1 rows"),
                    ("SELECT * FROM messages WHERE sender_id = '\(dave)'", "1 rows"),
                    ("SELECT * FROM messages WHERE sender_id = '\(dave)' ORDER BY created_at LIMIT 1", "1 rows"),
                    (
                        "SELECT FROM (SELECT count(*) FROM messages WHERE sender_id = '\(dave)') AS d (n) WHERE n = 1",
                        "1 rows"
                    ),
                ])
        }
    }

    /// An index of what is withheld keeps most rows from being looked up. It must miss nobody.
    @Test(arguments: Layout.allCases) func whatIsWithheldStaysHidden(_ layout: Layout) async throws {
        try await attack(layout) { place in
            let (bob, carol, dave) = (place["bob"], place["carol"], place["dave"])
            let withheld = "SELECT * FROM messages WHERE message_text = 'withheld'"
            let bars = "SELECT * FROM chat.withholding"
            try place.run(as: "authenticated", claims: "bob", [(withheld, "0 rows"), (bars, "1 rows")])
            // A block that has withheld nothing yet, and then does, by whichever way a message comes.
            let block = "SELECT chat.set_blocked(true, '\(bob)', '\(carol)', now(), 9, 9)"
            try place.run(as: "chat_server", claims: nil, [(block, "1 rows")])
            try place.run(as: "authenticated", claims: "bob", [(bars, "1 rows")])
            try place.run(as: "authenticated", claims: "carol", [(place.insert(from: "carol", to: "bob"), "1 rows")])
            let inserted = "SELECT * FROM messages WHERE message_text = 'x'"
            try place.run(as: "authenticated", claims: "bob", [(inserted, "0 rows"), (bars, "2 rows")])
            // The messages of a banned sender have no places.
            let others = """
                SELECT chat.set_blocked(false, '\(bob)', '\(carol)', now(), 9, 9),
                  chat.set_banned(true, '\(carol)', now()), chat.set_banned(true, '\(dave)', now())
                """
            try place.run(as: "chat_server", claims: nil, [(others, "1 rows"), (block, "1 rows")])
            try place.run(
                as: "owner", claims: nil,
                ["carol", "dave"].map { (place.insert(from: $0, to: "bob").replacing("'x'", with: "'y'"), "1 rows") })
            try place.run(
                as: "authenticated", claims: "bob",
                [("SELECT * FROM messages WHERE message_text = 'y'", "0 rows"), (inserted, "1 rows"), (bars, "2 rows")])
            let end = "SELECT chat.set_blocked(false, '\(bob)', '\(dave)', now(), 9, 9)"
            try place.run(as: "chat_server", claims: nil, [(end, "1 rows")])
            try place.run(as: "authenticated", claims: "bob", [(withheld, "1 rows"), (bars, "1 rows")])
        }
    }

    /// A banned user marks nothing, neither themselves nor by the edge function.
    @Test(arguments: Layout.allCases) func aBannedReadersMarkStays(_ layout: Layout) async throws {
        try await attack(layout) { place in
            let ban = "SELECT chat.set_banned(true, '\(place["bob"])', now())"
            try place.run(as: "chat_server", claims: nil, [(ban, "1 rows")])
            let mark = "UPDATE messages SET is_read = true WHERE message_text = 'mine'"
            try place.run(as: "authenticated", claims: "bob", [(mark, "0 rows"), ("SELECT * FROM messages", "4 rows")])
            let marks = "SELECT FROM chat.peers WHERE read_seq IS NOT NULL"
            if layout == .marketplace { try place.run(as: "service_role", claims: nil, [(mark, "1 rows")]) }
            try place.run(as: "owner", claims: nil, [(marks, "0 rows")])
            try place.run(as: "chat_server", claims: nil, [(ban.replacing("true", with: "false"), "1 rows")])
            let unread = "UPDATE messages SET is_read = false WHERE message_text = 'mine'"
            try place.run(as: "owner", claims: nil, [(unread, "1 rows")])
            try place.run(as: "authenticated", claims: "bob", [(mark, "1 rows")])
            try place.run(as: "owner", claims: nil, [(marks, "1 rows")])
        }
    }

    @Test(arguments: Layout.allCases) func theServersLogInMayCallFunctionsOnly(_ layout: Layout) async throws {
        try await attack(layout) { place in
            try place.run(
                as: "chat_server", claims: nil,
                [
                    "SELECT * FROM messages", "SELECT * FROM chat.entries", "SELECT * FROM chat.heads",
                    "SELECT * FROM users", "DELETE FROM messages", "SET ROLE chat_owner", "SET ROLE service_role",
                    "UPDATE messages SET is_read = true", place.insert(from: "alice", to: "bob"),
                    "SELECT * FROM chat.feed('\(place["bob"])', 0, 9)", "CREATE TABLE public.x ()",
                    "CREATE TABLE chat.x ()",
                ].map { ($0, Self.refused) })
            // With claims it writes as that user only.
            try place.run(
                as: "chat_server", claims: "alice",
                [
                    (place.append(from: "bob", to: "alice"), Self.refused),
                    (place.append(from: "alice", to: "bob"), "1 rows"),
                ])
        }
    }

    @Test func theEdgeFunctionsRowsGetPlaces() async throws {
        try await attack(.marketplace) { place in
            try place.run(
                as: "service_role", claims: nil,
                [
                    (
                        "INSERT INTO messages (sender_id, receiver_id, message_text) VALUES ('\(place["carol"])', '\(place["dave"])', 'edge')",
                        "1 rows"
                    )
                ])
            let cursors = try place.column(
                """
                SELECT concat_ws(' ', sender_cursor, receiver_cursor) FROM chat.entries JOIN messages ON id = message_id
                WHERE message_text = 'edge'
                """)
            #expect(cursors == ["2 3"])
        }
    }

    /// Every right on every table and function. Something new is not on the list, and needs a decision and an attack.
    @Test(arguments: Layout.allCases) func nobodyHasMoreRightsThanTheseOnTables(_ layout: Layout) async throws {
        try await attack(layout) { place in
            let rights = try place.column(
                """
                SELECT format('%s %s: %s', c.relname, r, string_agg(p, ' ' ORDER BY p))
                FROM pg_class c, unnest('{anon,authenticated,service_role,chat_server}'::text[]) AS r,
                  unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p
                WHERE (c.relnamespace = 'chat'::regnamespace OR c.oid = 'public.messages'::regclass)
                  AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(r, c.oid, 'USAGE')
                    WHEN c.relkind NOT IN ('r', 'v', 'm', 'p', 'f') THEN false
                    WHEN p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') THEN has_any_column_privilege(r, c.oid, p)
                    ELSE has_table_privilege(r, c.oid, p) END
                GROUP BY c.relname, r ORDER BY c.relname, r
                """)
            let own = ["bans", "blocks", "entries", "feed_starts", "heads", "kept_profiles"]
                .map { "\($0) authenticated: SELECT" }
            var expected = own + ["messages authenticated: INSERT SELECT UPDATE"]
            if layout == .marketplace {
                expected.append("messages service_role: DELETE INSERT REFERENCES SELECT TRIGGER TRUNCATE UPDATE")
            }
            expected += [
                "names authenticated: SELECT", "peers authenticated: SELECT", "schema_version chat_server: SELECT",
                "withholding authenticated: SELECT",
            ]
            #expect(rights == expected)
            let columns = try place.column(
                """
                SELECT privilege_type || ' ' || column_name FROM information_schema.column_privileges
                WHERE table_name = 'messages' AND grantee = 'authenticated' AND privilege_type <> 'SELECT' ORDER BY 1
                """)
            #expect(
                columns == [
                    "INSERT created_at", "INSERT is_read", "INSERT message_text", "INSERT product_id",
                    "INSERT receiver_id", "INSERT sender_id", "UPDATE is_read",
                ])
        }
    }

    @Test(arguments: Layout.allCases) func nobodyHasMoreRightsThanTheseOnFunctions(_ layout: Layout) async throws {
        try await attack(layout) { place in
            func callable(by role: String) throws -> [String?] {
                try place.column(
                    """
                    SELECT proname FROM pg_proc WHERE pronamespace = 'chat'::regnamespace
                      AND has_schema_privilege('\(role)', 'chat', 'USAGE')
                      AND has_function_privilege('\(role)', oid, 'EXECUTE') ORDER BY 1
                    """)
            }
            #expect(try callable(by: "anon") == [])
            #expect(try callable(by: "service_role") == [])
            #expect(
                try callable(by: "chat_server") == [
                    "acknowledge", "append", "banned", "blocks_between", "channel", "check_writable", "epoch",
                    "forget_missing", "last_cursors", "last_seen", "mark_read", "mark_rest", "new_epoch", "profile",
                    "set_banned", "set_blocked", "set_last_seen", "set_name",
                ])
            // What alice gets of bob's, and of what bob and carol have.
            let (bob, carol) = (place["bob"], place["carol"])
            let secret = "(SELECT message_id FROM chat.entries WHERE client_message_id = 'k1')"
            let attacks = [
                "account": ("SELECT * FROM chat.account('\(bob)', 1) WHERE cursor > 0", "0 rows"),
                "conversation": ("SELECT * FROM chat.conversation('\(bob)', '\(carol)', \(secret), 99)", "0 rows"),
                "conversations": ("SELECT * FROM chat.conversations('\(carol)', 99)", "0 rows"),
                "feed": ("SELECT * FROM chat.feed('\(carol)', 0, 99)", "0 rows"),
                "marks": ("SELECT * FROM chat.marks('\(carol)', NULL, NULL, 99)", "0 rows"),
                "message_at": ("SELECT FROM chat.message_at('\(carol)', 1) AS id WHERE id IS NOT NULL", "0 rows"),
                "shortened": ("SELECT WHERE chat.shortened('x') <> 'x'", "0 rows"),
                "uid": ("SELECT WHERE chat.uid() <> '\(place["alice"])'", "0 rows"),
            ]
            #expect(try callable(by: "authenticated") == attacks.keys.sorted())
            try place.run(as: "authenticated", claims: "alice", Array(attacks.values))
            // Without claims nobody is asking.
            try place.run(
                as: "authenticated", claims: nil,
                attacks.values.map { ($0.0, "0 rows") } + [
                    ("SELECT * FROM messages", "0 rows"), ("UPDATE messages SET is_read = true", "0 rows"),
                    (place.insert(from: "alice", to: "bob"), Self.refused),
                ])
        }
    }

    /// The role passes by row security, but the chat's own tables are closed to it.
    @Test func theEdgeFunctionReachesTheMarketplaceOnly() async throws {
        try await attack(.marketplace) { place in
            try place.run(
                as: "service_role", claims: nil,
                [
                    ("SELECT * FROM messages", "5 rows"), ("SELECT * FROM chat.entries", Self.refused),
                    ("SELECT * FROM chat.blocks", Self.refused),
                    ("UPDATE chat.heads SET last_cursor = 0", Self.refused),
                    ("SELECT chat.new_epoch()", Self.refused),
                    (place.append(from: "alice", to: "bob"), Self.refused),
                ])
        }
    }

    @Test(arguments: Layout.allCases) func rightsAreAsNarrowAsTheyLook(_ layout: Layout) async throws {
        try await attack(layout) { place in
            let policies = try place.column(
                "SELECT policyname FROM pg_policies WHERE tablename = 'messages' ORDER BY 1")
            #expect(policies == ["chat_insert", "chat_owner", "chat_select", "chat_update"])
            let open = [
                // A function that runs with its owner's rights has its path fixed, and strangers cannot call it.
                """
                SELECT proname FROM pg_proc WHERE pronamespace = 'chat'::regnamespace AND prosecdef AND (
                  NOT 'search_path=""' = ANY (proconfig) OR proowner <> 'chat_owner'::regrole
                  OR has_function_privilege('anon', oid, 'EXECUTE'))
                """,
                """
                SELECT relname FROM pg_class
                WHERE relnamespace = 'chat'::regnamespace AND relkind = 'r' AND NOT relrowsecurity
                """,
                """
                SELECT rolname FROM pg_roles
                WHERE rolname IN ('chat_owner', 'chat_server') AND (rolbypassrls OR rolsuper OR rolinherit)
                """,
            ]
            for query in open {
                let found = try place.column(query)
                #expect(found == [])
            }
        }
    }

    /// A migrated database with some messages, and the attackers' connection to it.
    private struct Place {
        let layout: Layout
        let connection: DatabaseConnection

        subscript(_ name: String) -> String { layout.user(name).wire }

        func insert(from sender: String, to receiver: String) -> String {
            "INSERT INTO messages (sender_id, receiver_id, message_text) VALUES ('\(self[sender])', '\(self[receiver])', 'x')"
        }

        func append(from sender: String, to receiver: String) -> String {
            """
            SELECT * FROM chat.append(ARRAY[gen_random_uuid()], ARRAY['\(self[sender])']::chat.user_id[],
              ARRAY['\(self[receiver])']::chat.user_id[], '{x}', '{NULL}', '{NULL}', '{NULL}', '{2026-01-01}', '{t}')
            """
        }

        /// - Parameter user: whose claims the session has; nil for none.
        func run(as role: String, claims user: String?, _ attacks: [(statement: String, expected: String)]) throws {
            let claims = user.map { "{\"sub\": \"\(self[$0])\", \"role\": \"authenticated\"}" } ?? ""
            // The server's log-in becomes `authenticated`, as PostgREST's does.
            let isServers = ["chat_server", "authenticated"].contains(role)
            try connection.execute(
                "SET SESSION AUTHORIZATION \(isServers ? "chat_server" : "owner"); SET request.jwt.claims = '\(claims)'"
            )
            if role != "chat_server" { try connection.execute("SET ROLE \(role)") }
            for attack in attacks {
                let answer = try connection.run([
                    Query(name: "attempt", sql: "SELECT pg_temp.attempt($1)", values: [attack.statement])
                ])[0].text(0, 0)
                #expect(answer == attack.expected, "as \(role) \(user ?? ""): \(attack.statement)")
            }
            try connection.execute("RESET ROLE; RESET SESSION AUTHORIZATION; RESET request.jwt.claims")
        }

        func column(_ query: String) throws -> [String?] {
            let rows = try connection.run([Query(name: "query \(query.hashValue)", sql: query)])[0]
            return (0..<rows.count).map { rows.text($0, 0) }
        }
    }

    private func attack(_ layout: Layout, _ body: (Place) throws -> Void) async throws {
        let server = PostgresServer.shared
        let database = try layout.database()
        let store = try await PostgresStore(server.address(database: database, user: "chat_server"))
        func send(_ text: String, _ sender: String, _ receiver: String, id: ClientMessageID? = nil) async throws {
            try await store.store([draft(text, from: layout.user(sender), to: layout.user(receiver), id: id)])
        }
        do {
            try await send("older", "dave", "bob")
            try await store.setBlocked(true, layout.user("dave"), by: layout.user("bob"))
            try await send("secret", "bob", "carol", id: "k1")
            try await send("mine", "alice", "bob")
            try await send("to alice", "bob", "alice")
            try await send("withheld", "dave", "bob")
            let connection = try DatabaseConnection(server.address(database: database, user: "owner"))
            try connection.execute(
                """
                CREATE FUNCTION pg_temp.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
                DECLARE n bigint;
                BEGIN
                  EXECUTE statement; GET DIAGNOSTICS n = ROW_COUNT; RETURN n || ' rows';
                EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
                END $$
                """)
            try body(Place(layout: layout, connection: connection))
        } catch {
            try await store.close()
            throw error
        }
        try await store.close()
        try server.sql("DROP DATABASE \(database) WITH (FORCE)")
    }
}

#endif
