#if Cluster

// What the server does for many users at once, as itself, and the incarnation of the data.

extension Migration {
    static let receipts = """
        -- Raises cursors up to which users (each named once) have their feeds. The rows are the newest message of each
        -- sender that is newly covered and that the sender is told about, and, without a sender, the users of whom only
        -- a part was covered. A power failure may undo it: it does not wait for the disk.
        CREATE FUNCTION chat.acknowledge(users chat.user_id[], cursors bigint[], most bigint)
        RETURNS TABLE (user_id chat.user_id, sender_id chat.user_id, message_id uuid)
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = '' \(lookUps) AS $$
        #variable_conflict use_column
        BEGIN
          PERFORM set_config('synchronous_commit', 'off', true);
          INSERT INTO chat.acknowledged (user_id, cursor)
          SELECT u, 0 FROM unnest(users) AS u WHERE NOT EXISTS (SELECT FROM chat.acknowledged a WHERE a.user_id = u)
          ORDER BY u ON CONFLICT DO NOTHING;
          RETURN QUERY
          WITH before AS MATERIALIZED (  -- in one order, so that nodes do not deadlock
            SELECT a.user_id, a.cursor FROM chat.acknowledged a WHERE a.user_id = ANY (users)
            ORDER BY a.user_id FOR NO KEY UPDATE
          ), raised AS (
            SELECT b.user_id, b.cursor AS before, least(d.cursor, h.last_cursor) AS wanted,
              CASE WHEN least(d.cursor, h.last_cursor) - b.cursor > most THEN b.cursor + most
                ELSE least(d.cursor, h.last_cursor) END AS now
            FROM unnest(users, cursors) AS d (user_id, cursor) JOIN before b USING (user_id)
            JOIN chat.heads h USING (user_id)
            WHERE d.cursor > b.cursor AND h.last_cursor > b.cursor
              AND NOT EXISTS (SELECT FROM chat.bans WHERE bans.user_id = b.user_id)
          ), marked AS (
            UPDATE chat.acknowledged a SET cursor = r.now FROM raised r WHERE a.user_id = r.user_id
          ), newest AS (
            SELECT r.user_id, e.sender_id, max(e.seq) AS seq,
              (array_agg(e.message_id ORDER BY e.seq DESC))[1] AS message_id
            FROM raised r JOIN chat.entries e ON e.receiver_id = r.user_id AND e.receiver_cursor > 0
              AND e.receiver_cursor > r.before AND e.receiver_cursor <= r.now AND e.sender_id <> r.user_id
            WHERE NOT EXISTS (SELECT FROM chat.blocks b WHERE b.user_id = r.user_id AND b.blocked_id = e.sender_id)
            GROUP BY r.user_id, e.sender_id
          ), delivered AS (
            UPDATE chat.peers p SET delivered_seq = n.seq, delivered_id = n.message_id FROM newest n
            WHERE p.user_id = n.user_id AND p.peer_id = n.sender_id
          )
          SELECT d.user_id::chat.user_id, d.sender_id::chat.user_id, d.message_id FROM (  -- a union forgets the domain
            SELECT n.user_id, n.sender_id, n.message_id, n.seq FROM newest n
            WHERE NOT EXISTS (SELECT FROM chat.blocks b WHERE b.user_id = n.sender_id AND b.blocked_id = n.user_id)
            UNION ALL SELECT r.user_id, NULL, NULL, NULL FROM raised r WHERE r.now < r.wanted
          ) AS d ORDER BY d.user_id, d.seq;
        END $$;

        -- Sets how far users have read. One row for each mark, in order. `outcome`: x unknown, u unchanged, p moved a part
        -- of the way, s set. Of several marks of one user in one conversation only the first of the furthest is set.
        -- `newest` is the newest message of the other that the mark covers.
        CREATE FUNCTION chat.mark_read(users chat.user_id[], others chat.user_id[], messages uuid[], most bigint)
        RETURNS TABLE (outcome "char", newest uuid)
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = '' \(lookUps) AS $$
        #variable_conflict use_column
        DECLARE
          mark record; reached record; mark_id uuid; outcomes "char"[];
          covered uuid[] := array_fill(NULL::uuid, ARRAY[cardinality(users)]);
        BEGIN
          PERFORM set_config('synchronous_commit', 'off', true);
          SELECT array_agg(CASE WHEN e.seq IS NULL THEN 'x' ELSE 'u' END::"char" ORDER BY d.ord) INTO outcomes
          FROM unnest(users, others, messages) WITH ORDINALITY AS d (u, o, message, ord)
          LEFT JOIN chat.entries e ON e.message_id = d.message
            AND (e.sender_id = d.u AND e.receiver_id = d.o AND e.sender_cursor > 0
              OR e.sender_id = d.o AND e.receiver_id = d.u AND e.receiver_cursor > 0);
          FOR mark IN
            SELECT DISTINCT ON (d.u, d.o) d.u, d.o, d.ord, e.seq
            FROM unnest(users, others, messages, outcomes) WITH ORDINALITY AS d (u, o, message, outcome, ord)
            JOIN chat.entries e ON e.message_id = d.message
              AND CASE WHEN e.sender_id = d.u THEN e.sender_cursor ELSE e.receiver_cursor END > 0
            WHERE d.outcome = 'u' ORDER BY d.u, d.o, e.seq DESC, d.ord
          LOOP
            PERFORM FROM chat.peers WHERE user_id = mark.u AND peer_id = mark.o AND coalesce(read_seq, 0) < mark.seq
              AND NOT EXISTS (SELECT FROM chat.bans WHERE bans.user_id = mark.u)
              AND NOT EXISTS (SELECT FROM chat.blocks b WHERE b.user_id = mark.u AND b.blocked_id = mark.o)
              FOR NO KEY UPDATE;
            CONTINUE WHEN NOT FOUND;
            -- What the mark newly covers, as far as this call goes.
            SELECT array_agg(c.message_id) AS ids, count(*) AS n, max(c.seq) AS seq,
              (array_agg(c.message_id ORDER BY c.seq DESC))[1] AS last INTO reached
            FROM (
              SELECT e.message_id, e.seq FROM chat.entries e
              WHERE least(e.sender_id, e.receiver_id) = least(mark.u, mark.o)
                AND greatest(e.sender_id, e.receiver_id) = greatest(mark.u, mark.o)
                AND e.seq > coalesce((
                  SELECT read_seq FROM chat.peers WHERE user_id = mark.u AND peer_id = mark.o), 0)
                AND e.seq <= mark.seq AND e.sender_id = mark.o AND e.receiver_cursor > 0
              ORDER BY e.seq LIMIT most) AS c;
            UPDATE public.messages SET is_read = true
            WHERE id = ANY (reached.ids) AND is_read IS NOT TRUE;
            IF reached.n < most OR reached.seq = mark.seq THEN
              UPDATE chat.peers SET read_seq = mark.seq, read_id = coalesce(reached.last, read_id)
              WHERE user_id = mark.u AND peer_id = mark.o RETURNING read_id INTO mark_id;
              covered[mark.ord] := mark_id;
              outcomes[mark.ord] := 's';
            ELSE
              UPDATE chat.peers SET read_seq = reached.seq, read_id = reached.last
              WHERE user_id = mark.u AND peer_id = mark.o;
              outcomes[mark.ord] := 'p';
            END IF;
          END LOOP;
          RETURN QUERY SELECT * FROM unnest(outcomes, covered);
        END $$;

        -- Moves the marks of those who received the messages, which were marked as read in the table. The rows are the
        -- marks that moved, one for each conversation. Whoever blocks somebody reads nothing of theirs, and nobody is told
        -- how far somebody is whom they block.
        CREATE FUNCTION chat.note_read(messages uuid[])
        RETURNS TABLE (reader chat.user_id, sender chat.user_id, message uuid, is_sender_told boolean)
        LANGUAGE plpgsql SET search_path = '' \(lookUps) AS $$
        #variable_conflict use_column
        DECLARE mark record;
        BEGIN
          FOR mark IN
            SELECT DISTINCT ON (e.receiver_id, e.sender_id) e.receiver_id, e.sender_id, e.seq, e.message_id
            FROM unnest(messages) AS d (id) JOIN chat.entries e ON e.message_id = d.id AND e.receiver_cursor > 0
            WHERE NOT EXISTS (
              SELECT FROM chat.blocks b WHERE b.user_id = e.receiver_id AND b.blocked_id = e.sender_id)
            ORDER BY e.receiver_id, e.sender_id, e.seq DESC  -- in one order, so that nodes do not deadlock
          LOOP
            UPDATE chat.peers SET read_seq = mark.seq, read_id = mark.message_id
            WHERE user_id = mark.receiver_id AND peer_id = mark.sender_id AND coalesce(read_seq, 0) < mark.seq;
            CONTINUE WHEN NOT FOUND;
            reader := mark.receiver_id; sender := mark.sender_id; message := mark.message_id;
            is_sender_told := NOT EXISTS (
              SELECT FROM chat.blocks WHERE user_id = mark.sender_id AND blocked_id = mark.receiver_id);
            RETURN NEXT;
          END LOOP;
        END $$;

        -- The old web client marks rows. The nodes hear of it by NOTIFY, once for each conversation:
        -- [reader, sender, message, whether the sender is told]. The ids of users have 512 bytes at most, and those of
        -- messages 36, so this fits into the 8,000 of a notification, even with an escape for every character.
        CREATE FUNCTION chat.note_marked() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        DECLARE marked uuid[]; news text[];
        BEGIN
          SELECT array_agg(n.id) INTO marked
          FROM after_update n JOIN before_update o ON o.id = n.id WHERE n.is_read AND o.is_read IS NOT TRUE;
          SELECT array_agg(json_build_array(reader, sender, message, is_sender_told)::text) INTO news
          FROM chat.note_read(marked);
          PERFORM pg_notify(channel || '_read', text) FROM chat.incarnation, unnest(news) AS text;
          RETURN NULL;
        END $$;
        """

    /// Rows that other programs delete, as with a user. Their cursors are not given again, so a feed has a gap where they
    /// were. A client that has not come so far must load its messages anew.
    ///
    /// This takes no lock that an append takes. The program that deletes a user holds the user's row, for which an append
    /// may wait.
    static let deletion = """
        CREATE FUNCTION chat.forget(messages uuid[]) RETURNS void
        LANGUAGE plpgsql SET search_path = '' \(lookUps) AS $$
        BEGIN
          WITH gone AS (
            DELETE FROM chat.entries e USING unnest(messages) AS d (id) WHERE e.message_id = d.id
            RETURNING e.sender_id, e.sender_cursor, e.receiver_id, e.receiver_cursor
          )
          INSERT INTO chat.feed_starts AS f (user_id, cursor)
          SELECT u, max(cursor) FROM (
            SELECT sender_id AS u, sender_cursor AS cursor FROM gone
            UNION ALL SELECT receiver_id, receiver_cursor FROM gone
          ) AS sides WHERE cursor > 0 GROUP BY u ORDER BY u
          ON CONFLICT (user_id) DO UPDATE SET cursor = greatest(f.cursor, excluded.cursor);
        END $$;
        -- Forgets those whose rows are gone or belong to others now, without a trigger having noticed.
        CREATE FUNCTION chat.forget_missing(messages uuid[]) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN
          PERFORM chat.forget(ARRAY(
            SELECT e.message_id FROM chat.entries e WHERE e.message_id = ANY (messages) AND NOT EXISTS (
              SELECT FROM public.messages m
              WHERE m.id = e.message_id AND m.sender_id = e.sender_id AND m.receiver_id = e.receiver_id)));
        END $$;
        CREATE FUNCTION chat.forget_deleted() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN
          PERFORM chat.forget(ARRAY(SELECT id FROM deleted));
          RETURN NULL;
        END $$;
        CREATE FUNCTION chat.forget_all() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN
          PERFORM chat.forget(ARRAY(SELECT message_id FROM chat.entries));
          RETURN NULL;
        END $$;
        """

    static let people = """
        CREATE FUNCTION chat.profile(who chat.user_id) RETURNS TABLE (name text, avatar_url text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT coalesce(n.name, left(u.full_name, 200)), u.avatar_url
          FROM (SELECT who AS id) AS d LEFT JOIN chat.names n ON n.user_id = d.id
          LEFT JOIN public.users u ON u.id = d.id
        $$;
        CREATE FUNCTION chat.set_name(who chat.user_id, name text) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
          INSERT INTO chat.names AS n SELECT who, name
          WHERE NOT EXISTS (SELECT FROM chat.bans WHERE bans.user_id = who)
          ON CONFLICT (user_id) DO UPDATE SET name = excluded.name
        $$;
        CREATE FUNCTION chat.set_last_seen(who chat.user_id, at timestamptz) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN
          PERFORM set_config('synchronous_commit', 'off', true);
          INSERT INTO chat.last_seen AS l SELECT who, at
          WHERE NOT EXISTS (SELECT FROM chat.bans WHERE bans.user_id = who)
          ON CONFLICT (user_id) DO UPDATE SET seen_at = excluded.seen_at;
        END $$;
        CREATE FUNCTION chat.last_seen(users chat.user_id[]) RETURNS TABLE (user_id chat.user_id, seen_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT l.user_id, l.seen_at FROM chat.last_seen l WHERE l.user_id = ANY (users)
        $$;

        -- Takes the lock that appends take: what is stored after this returned knows of the ban.
        CREATE FUNCTION chat.set_banned(banned boolean, who chat.user_id, at timestamptz) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN
          INSERT INTO chat.heads AS h VALUES (who, 0, 0) ON CONFLICT (user_id) DO UPDATE SET step = 0;
          IF banned THEN INSERT INTO chat.bans VALUES (who, at) ON CONFLICT DO NOTHING;
          ELSE DELETE FROM chat.bans WHERE user_id = who; END IF;
          RETURN FOUND;
        END $$;
        CREATE FUNCTION chat.banned(among chat.user_id[]) RETURNS SETOF chat.user_id
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT user_id FROM chat.bans WHERE among IS NULL OR user_id = ANY (among)
        $$;

        -- Sets or removes a block. `outcome`: b begun, e ended, p a part of the withheld messages was delivered, u
        -- unchanged, t too many, x banned. It takes the lock that appends take. The other columns are those of the newest
        -- message that was delivered.
        CREATE FUNCTION chat.set_blocked(
          blocked boolean, who chat.user_id, other chat.user_id, at timestamptz, most bigint, deliver bigint,
          OUT outcome "char", OUT message_id uuid, OUT created_at timestamptz, OUT receiver_cursor bigint,
          OUT product_id text, OUT product_title text, OUT message_text text)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        #variable_conflict use_column
        DECLARE is_mutual boolean; late uuid[];
        BEGIN
          INSERT INTO chat.heads AS h SELECT u, 0, 0 FROM (SELECT who AS u UNION SELECT other) AS d ORDER BY u
          ON CONFLICT (user_id) DO UPDATE SET step = 0;
          IF EXISTS (SELECT FROM chat.bans WHERE user_id = who) THEN outcome := 'x'; RETURN; END IF;
          IF blocked = EXISTS (SELECT FROM chat.blocks WHERE user_id = who AND blocked_id = other) THEN
            outcome := 'u'; RETURN;
          END IF;
          IF blocked AND most <= (SELECT count(*) FROM chat.blocks WHERE user_id = who) THEN
            outcome := 't'; RETURN;
          END IF;

          IF NOT blocked THEN
            -- What was withheld is delivered in the order of sending, as rows of their own: the sender's stay as they are.
            SELECT array_agg(message_id ORDER BY seq) INTO late FROM (
              SELECT message_id, seq FROM chat.entries
              WHERE receiver_id = who AND sender_id = other AND receiver_cursor = 0 ORDER BY seq LIMIT deliver) AS d;
            IF late IS NOT NULL THEN
              UPDATE chat.entries SET receiver_cursor = -1 WHERE message_id = ANY (late) AND receiver_cursor = 0;
              INSERT INTO chat.entries (
                message_id, is_late, seq, sender_id, receiver_id, sender_cursor, receiver_cursor, created_at, product_id,
                product_title)
              SELECT e.message_id, true, nextval('chat.seq'), other, who, 0, h.last_cursor + ord, e.created_at,
                e.product_id, e.product_title
              FROM unnest(late) WITH ORDINALITY AS d (id, ord) JOIN chat.entries e ON e.message_id = id AND NOT e.is_late
              CROSS JOIN (SELECT last_cursor FROM chat.heads WHERE user_id = who) AS h ORDER BY ord;
              UPDATE chat.heads SET last_cursor = last_cursor + cardinality(late), step = cardinality(late)
              WHERE user_id = who;
              INSERT INTO chat.peers (user_id, peer_id) VALUES (who, other) ON CONFLICT DO NOTHING;
              IF EXISTS (SELECT FROM chat.entries
                WHERE receiver_id = who AND sender_id = other AND receiver_cursor = 0)
              THEN outcome := 'p'; RETURN; END IF;
              SELECT e.message_id, e.created_at, e.receiver_cursor, e.product_id, e.product_title, chat.shortened(m.message_text)
              INTO message_id, created_at, receiver_cursor, product_id, product_title, message_text
              FROM chat.entries e JOIN public.messages m ON m.id = e.message_id
              WHERE e.message_id = late[cardinality(late)] AND e.is_late;
            END IF;
          END IF;

          IF blocked THEN INSERT INTO chat.blocks VALUES (who, other, at);
          ELSE DELETE FROM chat.blocks WHERE user_id = who AND blocked_id = other; END IF;
          -- If the other user blocks this one too, the profiles are kept already.
          is_mutual := EXISTS (SELECT FROM chat.blocks WHERE user_id = other AND blocked_id = who AND other <> who);
          IF blocked AND NOT is_mutual THEN
            INSERT INTO chat.kept_profiles
            SELECT who, other, p.name, p.avatar_url FROM chat.profile(other) AS p
            UNION SELECT other, who, p.name, p.avatar_url FROM chat.profile(who) AS p
            ON CONFLICT DO NOTHING;
          ELSIF NOT blocked AND NOT is_mutual THEN
            DELETE FROM chat.kept_profiles
            WHERE user_id = who AND peer_id = other OR user_id = other AND peer_id = who;
          END IF;
          outcome := CASE WHEN blocked THEN 'b' ELSE 'e' END;
        END $$;
        -- Both directions between a user and others.
        CREATE FUNCTION chat.blocks_between(who chat.user_id, others chat.user_id[])
        RETURNS TABLE (user_id chat.user_id, blocked_id chat.user_id, blocked_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT * FROM chat.blocks b WHERE b.user_id = who AND b.blocked_id = ANY (others)
          UNION SELECT * FROM chat.blocks b WHERE b.blocked_id = who AND b.user_id = ANY (others)
        $$;
        """

    static let incarnation = """
        -- The heads of connected users. Those that a lost hint left behind are found by them.
        CREATE FUNCTION chat.last_cursors(users chat.user_id[]) RETURNS TABLE (user_id chat.user_id, last_cursor bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
        $$ SELECT h.user_id, h.last_cursor FROM chat.heads h WHERE h.user_id = ANY (users) $$;

        -- Which incarnation of the data this is. A node asks on every new connection, before it uses it.
        --
        -- `origin` is another one after a failover or a recovery to a point in time (the timeline), in another cluster
        -- (the system identifier), or after a dump was restored into this one (the table's oid). It cannot see a file
        -- system that was put back to an older snapshot. So a node also remembers the greatest position of the log, and
        -- calls chat.new_epoch() if it fell.
        CREATE FUNCTION chat.epoch() RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        DECLARE here text := concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
          left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), 'chat.incarnation'::regclass::oid);
        BEGIN
          INSERT INTO chat.incarnation (origin) VALUES (here) ON CONFLICT DO NOTHING;
          UPDATE chat.incarnation SET epoch = gen_random_uuid(), origin = here WHERE origin <> here;
          RETURN (SELECT epoch FROM chat.incarnation);
        END $$;
        CREATE FUNCTION chat.channel() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS
        $$ SELECT channel FROM chat.incarnation $$;
        CREATE FUNCTION chat.new_epoch() RETURNS uuid LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
        $$ UPDATE chat.incarnation SET epoch = gen_random_uuid() WHERE is_only RETURNING epoch $$;
        CREATE FUNCTION chat.check_writable() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS
        $$ UPDATE chat.incarnation SET checked_at = clock_timestamp() WHERE is_only $$;
        """

    /// By default everybody may call a new function, and a marketplace may have default privileges of its own.
    static let functionRights = """
        DO $$ DECLARE f regprocedure; BEGIN
          FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'chat'::regnamespace LOOP
            EXECUTE format('ALTER FUNCTION %s OWNER TO chat_owner', f);
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM public, anon, authenticated, service_role', f);
          END LOOP;
        END $$;
        GRANT EXECUTE ON FUNCTION chat.append, chat.acknowledge, chat.mark_read, chat.profile, chat.set_name,
          chat.set_last_seen, chat.last_seen, chat.set_banned, chat.banned, chat.set_blocked, chat.blocks_between,
          chat.last_cursors, chat.epoch, chat.channel, chat.new_epoch, chat.check_writable, chat.forget_missing TO chat_server;
        GRANT EXECUTE ON FUNCTION chat.uid, chat.withheld, chat.shortened, chat.feed, chat.conversation, chat.conversations, chat.marks,
          chat.message_at, chat.account TO authenticated;
        """
}

#endif
