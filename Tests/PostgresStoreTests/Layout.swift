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

    private static let count = Atomic<Int>(0)

    /// Makes a database of this layout and migrates it. The caller drops it.
    func database() throws -> String {
        let server = PostgresServer.shared
        let name = "layout\(Self.count.add(1, ordering: .relaxed).newValue)"
        try server.sql("CREATE DATABASE \(name)")
        if self == .marketplace {
            try server.sql(Self.tables, database: name)
            for user in ["alice", "bob", "carol", "dave"] {
                try server.sql("INSERT INTO users (id) VALUES ('\(self.user(user).wire)')", database: name)
            }
        }
        _ = try Migrator.migrate(server.address(database: name, user: "owner"))
        return name
    }

    private static let tables = """
        DO $$ BEGIN
          IF to_regrole('anon') IS NULL THEN CREATE ROLE anon NOLOGIN NOINHERIT; END IF;
          IF to_regrole('authenticated') IS NULL THEN CREATE ROLE authenticated NOLOGIN NOINHERIT; END IF;
          IF to_regrole('service_role') IS NULL THEN CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS; END IF;
        END $$;
        GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
        CREATE SCHEMA auth;
        CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
        $$ SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
        GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
        CREATE TABLE users (id uuid PRIMARY KEY, name text, full_name text, avatar_url text);
        CREATE TABLE products (id uuid PRIMARY KEY, title text, seller_id uuid REFERENCES users (id));
        CREATE TABLE messages (
          id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
          sender_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
          receiver_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
          product_id uuid REFERENCES products (id) ON DELETE SET NULL,
          message_text text NOT NULL, is_read boolean DEFAULT false,
          created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
        ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
        CREATE POLICY "Users can view their own messages" ON messages FOR SELECT
          USING (auth.uid() = sender_id OR auth.uid() = receiver_id);
        CREATE POLICY "Users can insert their own messages" ON messages FOR INSERT WITH CHECK (auth.uid() = sender_id);
        CREATE POLICY "Users can update their own messages" ON messages FOR UPDATE
          USING (auth.uid() = sender_id OR auth.uid() = receiver_id);
        """
}

#endif
