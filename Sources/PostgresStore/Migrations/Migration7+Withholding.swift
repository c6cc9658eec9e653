#if Cluster

// Which blocks withhold something. Only a blocked sender who wrote since has messages that did not reach the receiver. So a
// row of one who did not is the receiver's to read without a look into `entries`, and a page of them costs no more than any
// other.

extension Migration {
    /// `withholding` has a row for each block from the first message that it withholds to its end. A banned sender's rows
    /// have no places, so their blocks count as well. Those that began before this step all count.
    static let withholding = """
        CREATE TABLE chat.withholding (
          user_id chat.user_id, blocked_id chat.user_id, PRIMARY KEY (user_id, blocked_id));
        ALTER TABLE chat.withholding OWNER TO chat_owner;
        ALTER TABLE chat.withholding ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON chat.withholding FROM public, anon, authenticated, service_role;
        GRANT SELECT ON chat.withholding TO authenticated;
        CREATE POLICY own ON chat.withholding FOR SELECT TO authenticated USING (user_id = (SELECT chat.uid()));

        -- From here to the end nobody begins a block by the older function. Whoever ends one has locked `entries` before.
        LOCK TABLE chat.blocks IN SHARE MODE;
        INSERT INTO chat.withholding (user_id, blocked_id) SELECT user_id, blocked_id FROM chat.blocks;

        CREATE OR REPLACE FUNCTION chat.place(
          ids uuid[], senders chat.user_id[], receivers chat.user_id[], client_ids text[], products text[],
          titles text[], times timestamptz[], meets boolean[],
          OUT sender_cursors bigint[], OUT receiver_cursors bigint[]
        ) LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        DECLARE
          users chat.user_id[];
          befores bigint[];  -- the users' last cursors before this batch
          is_banned boolean;
          base bigint;
        BEGIN
          -- Locks everybody's row in one order and raises it as if every message reached its receiver.
          WITH raised AS (
            INSERT INTO chat.heads AS h (user_id, last_cursor, step)
            SELECT u, count(*), count(*) FROM (
              SELECT unnest(senders) AS u
              UNION ALL SELECT r FROM unnest(senders, receivers) AS d (s, r) WHERE r <> s
            ) AS sides GROUP BY u ORDER BY u
            ON CONFLICT (user_id) DO UPDATE SET last_cursor = h.last_cursor + excluded.step, step = excluded.step
            RETURNING user_id, last_cursor - step AS before
          )
          SELECT array_agg(user_id), array_agg(before) INTO users, befores
          FROM (SELECT * FROM raised ORDER BY user_id) AS raised;

          -- `users` is sorted as the window is, so a user's rank is their place in it.
          SELECT array_agg(cursor) FILTER (WHERE is_senders), array_agg(cursor) FILTER (WHERE NOT is_senders),
            bool_or(is_banned)
          INTO sender_cursors, receiver_cursors, is_banned
          FROM (
            SELECT ord, is_senders, is_banned, CASE WHEN has_cursor THEN befores[dense_rank() OVER (ORDER BY u)]
              + count(*) FILTER (WHERE counts)
                OVER (PARTITION BY u ORDER BY ord, is_senders DESC ROWS UNBOUNDED PRECEDING) ELSE 0 END AS cursor
            FROM (
              SELECT s AS u, ord, true AS is_senders, true AS has_cursor, true AS counts,
                banned.user_id IS NOT NULL AS is_banned
              FROM unnest(senders) WITH ORDINALITY AS d (s, ord)
              LEFT JOIN chat.bans banned ON banned.user_id = s
              UNION ALL  -- a message to oneself counts once
              SELECT r, ord, false, b.user_id IS NULL, b.user_id IS NULL AND r <> s, false
              FROM unnest(senders, receivers) WITH ORDINALITY AS d (s, r, ord)
              LEFT JOIN chat.blocks b ON b.user_id = r AND b.blocked_id = s
            ) AS sides ORDER BY ord
          ) AS sides;
          IF is_banned THEN RAISE serialization_failure USING MESSAGE = 'a sender was banned meanwhile'; END IF;

          base := nextval('chat.seq');
          -- More than the sequence leaves room for: what these users send next comes behind.
          PERFORM nextval('chat.seq') FROM generate_series(1, array_length(ids, 1) / 1048576);
          INSERT INTO chat.entries (
            message_id, seq, sender_id, receiver_id, sender_cursor, receiver_cursor, created_at, client_message_id,
            product_id, product_title)
          SELECT id, base + ord - 1, s, r, s_cursor, r_cursor, at, client_id, product, title
          FROM unnest(ids, senders, receivers, sender_cursors, receiver_cursors, times, client_ids, products, titles)
            WITH ORDINALITY AS d (id, s, r, s_cursor, r_cursor, at, client_id, product, title, ord);

          IF true = ANY (meets) THEN
            INSERT INTO chat.peers (user_id, peer_id)
            SELECT s, r FROM unnest(senders, receivers, meets) AS d (s, r, meets) WHERE meets
            UNION
            SELECT r, s FROM unnest(senders, receivers, meets, receiver_cursors) AS d (s, r, meets, cursor)
            WHERE meets AND cursor > 0
            ORDER BY 1, 2 ON CONFLICT DO NOTHING;
          END IF;

          -- Whom a message did not reach. They got fewer cursors than they were raised by.
          IF 0 = ANY (receiver_cursors) THEN
            INSERT INTO chat.withholding (user_id, blocked_id)
            SELECT DISTINCT r, s FROM unnest(senders, receivers, receiver_cursors) AS d (s, r, cursor)
            WHERE cursor = 0 ORDER BY 1, 2 ON CONFLICT DO NOTHING;
            UPDATE chat.heads h SET last_cursor = h.last_cursor - step + used, step = used
            FROM (
              SELECT u, count(DISTINCT cursor) FILTER (WHERE cursor > 0) AS used
              FROM unnest(senders || receivers, sender_cursors || receiver_cursors) AS d (u, cursor) GROUP BY u
            ) AS d WHERE h.user_id = d.u AND step <> used;
          END IF;
        END $$;

        CREATE OR REPLACE FUNCTION chat.set_blocked(
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

          IF blocked THEN
            INSERT INTO chat.blocks VALUES (who, other, at);
            INSERT INTO chat.withholding (user_id, blocked_id)
            SELECT who, other WHERE EXISTS (SELECT FROM chat.bans WHERE user_id = other) ON CONFLICT DO NOTHING;
          ELSE
            DELETE FROM chat.blocks WHERE user_id = who AND blocked_id = other;
            DELETE FROM chat.withholding WHERE user_id = who AND blocked_id = other;
          END IF;
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

        CREATE OR REPLACE FUNCTION chat.set_banned(banned boolean, who chat.user_id, at timestamptz) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$ BEGIN
          INSERT INTO chat.heads AS h VALUES (who, 0, 0) ON CONFLICT (user_id) DO UPDATE SET step = 0;
          IF NOT banned THEN
            DELETE FROM chat.bans WHERE user_id = who;
            RETURN FOUND;
          END IF;
          INSERT INTO chat.withholding (user_id, blocked_id)
          SELECT user_id, blocked_id FROM chat.blocks WHERE blocked_id = who ON CONFLICT DO NOTHING;
          INSERT INTO chat.bans VALUES (who, at) ON CONFLICT DO NOTHING;
          RETURN FOUND;
        END $$;
        """

    /// This locks `messages`, which others have locked when they lock `entries`. So it is a step of its own.
    static let rightsByWithholding = """
        ALTER POLICY chat_select ON public.messages USING (
          sender_id = (SELECT chat.uid())
          OR receiver_id = (SELECT chat.uid()) AND CASE
            WHEN sender_id IN (SELECT blocked_id FROM chat.withholding w WHERE w.user_id = (SELECT chat.uid())) THEN (
              SELECT true FROM chat.entries e
              WHERE e.message_id = messages.id
                AND CASE WHEN e.receiver_id = messages.receiver_id THEN e.receiver_cursor > 0 ELSE false END LIMIT 1
            ) IS TRUE
            ELSE true END);
        """
}

#endif
