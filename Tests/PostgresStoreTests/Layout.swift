#if Cluster

import ChatServer
import ChatWire
import Synchronization

@testable import PostgresStore

/// What a database had before the chat came to it.
enum Layout: CaseIterable {
    /// Nothing.
    case empty
    /// A marketplace's tables, with the roles, the default grants and the policies that Supabase gives it.
    case marketplace

    /// A user's id: a UUID where the marketplace has its users.
    func user(_ name: String) -> UserID {
        switch self {
        case .empty: return UserID(name)!
        case .marketplace:
            let place = ["alice", "bob", "carol", "dave"].firstIndex(of: name)! + 1
            return UserID("00000000-0000-4000-8000-00000000000\(place)")!
        }
    }

    /// The role that owns the database and migrates it.
    var owner: String {
        switch self {
        case .empty: "owner"
        case .marketplace: "postgres"
        }
    }

    private static let count = Atomic<Int>(0)

    /// The migrated database of each layout that others are copied from: a copy takes a tenth of a migration's time.
    private static let templates = Mutex<[Layout: String]>([:])

    /// Makes a database of this layout, and migrates it unless told otherwise. The caller drops it.
    func database(isMigrated: Bool = true) throws -> String {
        if !isMigrated { return try newDatabase() }
        let template = try Self.templates.withLock { templates in
            if let template = templates[self] { return template }
            let template = try newDatabase()
            _ = try Migrator.migrate(PostgresServer.shared.address(database: template, user: owner))
            templates[self] = template
            return template
        }
        let name = Self.newName()
        try PostgresServer.shared.sql("CREATE DATABASE \(name) TEMPLATE \(template) OWNER \(owner)")
        // The nodes' channel is a secret of each database.
        try PostgresServer.shared.sql(
            "UPDATE chat.incarnation SET channel = 'chat_' || replace(gen_random_uuid()::text, '-', '') WHERE is_only",
            database: name)
        return name
    }

    private static func newName() -> String { "layout\(count.add(1, ordering: .relaxed).newValue)" }

    private func newDatabase() throws -> String {
        let server = PostgresServer.shared
        let name = Self.newName()
        try server.sql("CREATE DATABASE \(name) OWNER \(owner)")
        if self == .marketplace {
            try Self.makeMarketplace(in: name, on: server)
            for user in ["alice", "bob", "carol", "dave"] {
                try server.sql("INSERT INTO users (id) VALUES ('\(self.user(user).wire)')", database: name)
            }
        }
        return name
    }

    // MARK: - Supabase

    /// Makes what Supabase gives a project, and then the marketplace's tables, in a database that `postgres` owns.
    static func makeMarketplace(in database: String, on server: PostgresServer) throws {
        try server.sql(auth, database: database)
        try server.sql(tables, database: database, user: "postgres")
    }

    /// The roles of a project. `postgres` is no superuser there.
    ///
    /// - Parameter rights: those of `postgres`, to try it with fewer.
    static func roles(rights: String = "CREATEROLE CREATEDB REPLICATION") -> String {
        """
        CREATE ROLE postgres LOGIN \(rights) BYPASSRLS;
        CREATE ROLE anon NOLOGIN NOINHERIT;
        CREATE ROLE authenticated NOLOGIN NOINHERIT;
        CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
        -- PostgREST logs in as this role, and becomes one of the three.
        CREATE ROLE authenticator LOGIN NOINHERIT;
        GRANT anon, authenticated, service_role TO authenticator;
        GRANT anon, authenticated, service_role TO postgres WITH ADMIN OPTION;
        """
    }

    /// Schema `auth`. It is not the role's `postgres`.
    private static let auth = """
        CREATE SCHEMA auth;
        CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS $$
          SELECT coalesce(nullif(current_setting('request.jwt.claim', true), ''),
            nullif(current_setting('request.jwt.claims', true), ''))::jsonb
        $$;
        CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
          SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
            nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
        $$;
        CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$
          SELECT coalesce(nullif(current_setting('request.jwt.claim.role', true), ''),
            nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
        $$;
        CREATE TABLE auth.users (id uuid PRIMARY KEY, email text);
        GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role, postgres;
        """

    /// The default grants, and the marketplace's tables.
    private static let tables = """
        GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
        CREATE TABLE users (id uuid PRIMARY KEY, name text, full_name text, avatar_url text);
        CREATE TABLE products (id uuid PRIMARY KEY, title text, seller_id uuid REFERENCES users (id));
        CREATE TABLE messages (
          id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
          sender_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
          receiver_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
          product_id uuid REFERENCES products (id) ON DELETE SET NULL,
          message_text text NOT NULL, is_read boolean DEFAULT false,
          created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
        CREATE INDEX messages_receiver ON messages (receiver_id);
        CREATE INDEX messages_sender ON messages (sender_id);
        CREATE INDEX messages_created ON messages (created_at DESC);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN NEW.updated_at = now(); RETURN NEW; END
        $$;
        CREATE TRIGGER touch BEFORE UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION touch();
        ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
        CREATE POLICY "Users can view their own messages" ON messages FOR SELECT
          USING (auth.uid() = sender_id OR auth.uid() = receiver_id);
        CREATE POLICY "Users can insert their own messages" ON messages FOR INSERT WITH CHECK (auth.uid() = sender_id);
        CREATE POLICY "Users can update their own messages" ON messages FOR UPDATE
          USING (auth.uid() = sender_id OR auth.uid() = receiver_id);
        """
}

#endif
