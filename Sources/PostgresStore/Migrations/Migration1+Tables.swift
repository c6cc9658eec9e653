#if Cluster

// What chat-server adds to a database: schema `chat`.
//
// The migration is additive. A marketplace's table `messages` keeps its columns, indexes and foreign keys, and whoever
// inserts into it goes on doing so. Everything else that the chat knows of a message stands in `chat.entries`, one row
// for each message. It does not stand in columns of `messages`, because PostgREST shows whole rows to both users, and a
// `receiver_cursor` of 0 there would tell a blocked sender. So `chat` must never be among PostgREST's `db-schemas`.

extension Migration {
    static let roles = """
        DO $$ BEGIN
          -- Supabase has these three.
          IF to_regrole('anon') IS NULL THEN CREATE ROLE anon NOLOGIN NOINHERIT; END IF;
          IF to_regrole('authenticated') IS NULL THEN CREATE ROLE authenticated NOLOGIN NOINHERIT; END IF;
          IF to_regrole('service_role') IS NULL THEN CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS; END IF;
          -- Owns the tables below and the functions that do what no other role may.
          IF to_regrole('chat_owner') IS NULL THEN CREATE ROLE chat_owner NOLOGIN NOINHERIT; END IF;
          -- The server logs in as this role. It may call functions and become `authenticated`.
          IF to_regrole('chat_server') IS NULL THEN CREATE ROLE chat_server LOGIN NOINHERIT NOBYPASSRLS; END IF;
        EXCEPTION WHEN insufficient_privilege THEN
          RAISE insufficient_privilege USING MESSAGE = format(
            'the role %I may not create roles: an administrator has to run ALTER ROLE %1$I CREATEROLE', current_user);
        END $$;
        -- From PostgreSQL 16 on this takes the ADMIN OPTION, which Supabase's role postgres has. Whoever creates a role has
        -- it, but is not a member.
        DO $$ BEGIN
          GRANT authenticated TO chat_server;
        EXCEPTION WHEN insufficient_privilege THEN
          RAISE insufficient_privilege USING MESSAGE = format(
            'the role %I may not grant the role authenticated: an administrator has to run '
            'GRANT authenticated TO %1$I WITH ADMIN OPTION', current_user);
        END $$;
        GRANT chat_owner TO current_user;
        CREATE SCHEMA chat AUTHORIZATION chat_owner;
        GRANT USAGE ON SCHEMA chat TO chat_server, authenticated;
        GRANT USAGE ON SCHEMA public TO chat_owner;
        """

    /// Where there is a marketplace, users have UUIDs, and PostgreSQL compares them as such.
    static let userIDsOfMarketplace = """
        CREATE DOMAIN chat.user_id AS uuid;
        """

    /// Where there is none, ids are what the server allows, compared by their bytes, and the chat makes the three tables
    /// that a marketplace would have.
    static let userIDsAndTables = """
        CREATE DOMAIN chat.user_id AS text COLLATE "C" CHECK (octet_length(value) BETWEEN 1 AND 512);
        CREATE TABLE public.users (id chat.user_id PRIMARY KEY, full_name text, avatar_url text);
        CREATE TABLE public.products (id uuid PRIMARY KEY, title text, seller_id chat.user_id);
        CREATE TABLE public.messages (
          id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
          sender_id chat.user_id NOT NULL,
          receiver_id chat.user_id NOT NULL,
          product_id uuid REFERENCES public.products (id) ON DELETE SET NULL,
          message_text text NOT NULL,
          is_read boolean DEFAULT false,
          created_at timestamptz DEFAULT now(),
          updated_at timestamptz DEFAULT now()
        );
        REVOKE ALL ON public.users, public.products, public.messages FROM public, anon, authenticated;
        GRANT SELECT ON public.users, public.products, public.messages TO authenticated;
        ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
        ALTER TABLE public.products ENABLE ROW LEVEL SECURITY;
        CREATE POLICY everybody ON public.users FOR SELECT TO authenticated USING (true);
        CREATE POLICY everybody ON public.products FOR SELECT TO authenticated USING (true);
        """

    /// - `heads`: the last cursor of each user's feed. Whoever stores messages raises the rows of all users concerned, in
    ///   the order of their ids, and so locks them: there are no gaps and no deadlocks, whichever node stores. `step` is
    ///   by how much a row rose last. No index but the key, and pages with room, so every update stays on its page.
    /// - `entries.seq` is drawn under that lock, a batch's first one from the sequence, which leaves room for the others
    ///   of the batch. So it is the commit order within each feed and each conversation, and not beyond.
    ///   `receiver_cursor` is 0 while the receiver's block of the sender withholds the message. When the block ends, it
    ///   becomes -1, and the message gets a second row, `is_late`, which is the receiver's alone and has no
    ///   `sender_cursor`. `created_at` is in whole milliseconds; the row in `messages` may say something else, where
    ///   another program put it there.
    /// - `peers`: with whom each user has a conversation, and how far they have it. Appends write it only when two users
    ///   meet, so appends and receipts do not wait for each other.
    /// - `feed_starts`: up to which cursor messages of a user's feed may be missing, because they were deleted.
    /// - `incarnation` has one row. `origin` is the database that this was when the epoch was given. `channel` is where
    ///   the nodes notify each other. It is a secret, because every role may listen and notify on a channel that it knows.
    static let tables = """
        CREATE TABLE chat.heads (
          user_id chat.user_id PRIMARY KEY,
          last_cursor bigint NOT NULL,
          step bigint NOT NULL
        ) WITH (fillfactor = 50);

        CREATE SEQUENCE chat.seq INCREMENT BY 1048576;

        CREATE TABLE chat.entries (
          message_id uuid,
          is_late boolean DEFAULT false,
          seq bigint NOT NULL,
          sender_id chat.user_id NOT NULL,
          receiver_id chat.user_id NOT NULL,
          sender_cursor bigint NOT NULL,
          receiver_cursor bigint NOT NULL,
          created_at timestamptz NOT NULL,
          client_message_id text COLLATE "C",
          product_id text,
          product_title text,
          PRIMARY KEY (message_id, is_late)
        );
        CREATE UNIQUE INDEX entries_by_sender ON chat.entries (sender_id, sender_cursor) WHERE sender_cursor > 0;
        CREATE UNIQUE INDEX entries_by_receiver ON chat.entries (receiver_id, receiver_cursor) WHERE receiver_cursor > 0;
        CREATE UNIQUE INDEX entries_by_sending ON chat.entries (sender_id, client_message_id)
          WHERE client_message_id IS NOT NULL;
        CREATE INDEX entries_by_conversation
          ON chat.entries (least(sender_id, receiver_id), greatest(sender_id, receiver_id), seq);
        CREATE INDEX entries_naming_products
          ON chat.entries (least(sender_id, receiver_id), greatest(sender_id, receiver_id), seq)
          WHERE product_id IS NOT NULL OR product_title IS NOT NULL;
        CREATE INDEX entries_withheld ON chat.entries (receiver_id, sender_id, seq) WHERE receiver_cursor = 0;

        CREATE TABLE chat.peers (
          user_id chat.user_id,
          peer_id chat.user_id,
          delivered_seq bigint, delivered_id uuid,
          read_seq bigint, read_id uuid,
          PRIMARY KEY (user_id, peer_id)
        ) WITH (fillfactor = 70);

        CREATE TABLE chat.feed_starts (user_id chat.user_id PRIMARY KEY, cursor bigint NOT NULL);

        CREATE TABLE chat.acknowledged (
          user_id chat.user_id PRIMARY KEY, cursor bigint NOT NULL) WITH (fillfactor = 50);
        CREATE TABLE chat.blocks (
          user_id chat.user_id, blocked_id chat.user_id, blocked_at timestamptz, PRIMARY KEY (user_id, blocked_id));
        CREATE INDEX blocks_by_blocked ON chat.blocks (blocked_id);
        CREATE TABLE chat.bans (user_id chat.user_id PRIMARY KEY, banned_at timestamptz NOT NULL);
        CREATE TABLE chat.last_seen (
          user_id chat.user_id PRIMARY KEY, seen_at timestamptz NOT NULL) WITH (fillfactor = 50);
        CREATE TABLE chat.names (user_id chat.user_id PRIMARY KEY, name text NOT NULL);
        -- The profiles of each user's peers as they were when a block between the two began.
        CREATE TABLE chat.kept_profiles (
          user_id chat.user_id, peer_id chat.user_id, name text, avatar_url text, PRIMARY KEY (user_id, peer_id));
        CREATE TABLE chat.incarnation (
          is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
          epoch uuid NOT NULL DEFAULT gen_random_uuid(),
          origin text NOT NULL,
          checked_at timestamptz,
          channel text NOT NULL DEFAULT 'chat_' || replace(gen_random_uuid()::text, '-', '')
        );

        DO $$ DECLARE name text; BEGIN
          FOREACH name IN ARRAY ARRAY[
            'heads', 'entries', 'peers', 'feed_starts', 'acknowledged', 'blocks', 'bans', 'last_seen', 'names', 'kept_profiles',
            'incarnation'
          ] LOOP
            EXECUTE format('ALTER TABLE chat.%I OWNER TO chat_owner', name);
            EXECUTE format('ALTER TABLE chat.%I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('REVOKE ALL ON chat.%I FROM public, anon, authenticated, service_role', name);
          END LOOP;
        END $$;
        ALTER SEQUENCE chat.seq OWNER TO chat_owner;
        REVOKE ALL ON SEQUENCE chat.seq FROM public, anon, authenticated, service_role;
        GRANT SELECT, INSERT ON public.messages TO chat_owner;
        GRANT UPDATE (is_read) ON public.messages TO chat_owner;
        GRANT SELECT ON public.users, public.products TO chat_owner;
        """

    /// Who may see what. `(SELECT …)` is evaluated once in a query instead of once for each row.
    ///
    /// A policy of `entries` uses CASE and not OR: an OR is a way to find rows, and the planner would then gather all of
    /// a user's rows and sort them instead of walking the index that the query asks for.
    static let rowSecurity = """
        -- Who asks: as Supabase's auth.uid(), for any type of id and without schema `auth`. After a transaction that set
        -- it, the setting is '' and not null.
        CREATE FUNCTION chat.uid() RETURNS chat.user_id LANGUAGE sql STABLE AS
        $$ SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::chat.user_id $$;

        GRANT SELECT ON chat.heads, chat.entries, chat.peers, chat.feed_starts, chat.blocks, chat.bans, chat.names,
          chat.kept_profiles TO authenticated;
        CREATE POLICY own ON chat.heads FOR SELECT TO authenticated USING (user_id = (SELECT chat.uid()));
        CREATE POLICY own ON chat.feed_starts FOR SELECT TO authenticated USING (user_id = (SELECT chat.uid()));
        CREATE POLICY own ON chat.blocks FOR SELECT TO authenticated USING (user_id = (SELECT chat.uid()));
        CREATE POLICY own ON chat.bans FOR SELECT TO authenticated USING (user_id = (SELECT chat.uid()));
        CREATE POLICY own ON chat.kept_profiles FOR SELECT TO authenticated USING (user_id = (SELECT chat.uid()));
        CREATE POLICY everybody ON chat.names FOR SELECT TO authenticated USING (true);
        CREATE POLICY own_and_reaching ON chat.entries FOR SELECT TO authenticated USING (
          CASE WHEN sender_id = (SELECT chat.uid()) THEN true
            ELSE receiver_id = (SELECT chat.uid()) AND receiver_cursor > 0 END);
        -- Whoever blocks somebody is not shown how far that one is.
        CREATE POLICY both_sides ON chat.peers FOR SELECT TO authenticated USING (
          user_id = (SELECT chat.uid())
          OR peer_id = (SELECT chat.uid())
            AND user_id NOT IN (SELECT blocked_id FROM chat.blocks WHERE blocks.user_id = (SELECT chat.uid())));

        -- What was kept from the asking user. PL/pgSQL keeps its plan from one query to the next.
        CREATE FUNCTION chat.withheld() RETURNS SETOF uuid
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' ROWS 10 AS
        $$ BEGIN
          RETURN QUERY SELECT message_id FROM chat.entries WHERE receiver_id = chat.uid() AND receiver_cursor = 0;
        END $$;
        """
}

#endif
