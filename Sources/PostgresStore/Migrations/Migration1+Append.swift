#if Cluster

// Storing messages: `chat.append` for the server, a trigger for every other program that inserts into `messages`.
//
// Every function that reads tables in several statements relies on READ COMMITTED: each statement sees what was committed
// before it began. So what follows a lock sees everything that the lock's former holders did.
//
// Users' heads are locked as late as possible, because two batches that have a user in common wait for each other from
// there to the end of the commit. What is found out before the lock may be outdated behind it. Where that matters, a unique
// index or a check behind the lock ends the transaction, and the server sends the batch again.

extension Migration {
    /// Looks drafts up. The arrays have one element for each.
    ///
    /// - `allowed`: whether the draft's sender is within their limits.
    /// - `fresh`: whether the draft can be stored. The others repeat an earlier message by its `client_message_id`
    ///   (drafts without one by their id, as when a batch is sent again of which nobody knows whether it was stored), are
    ///   of a banned sender, are not allowed, or name a user who does not exist.
    /// - `meets`: whether one of the two may not know of the conversation yet.
    static let lookUp = """
        CREATE FUNCTION chat.look_up(
          ids uuid[], senders chat.user_id[], receivers chat.user_id[], client_ids text[], allowed boolean[],
          OUT fresh boolean[], OUT meets boolean[], OUT strangers chat.user_id[]
        ) LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        DECLARE newcomers chat.user_id[];
        BEGIN
          strangers := '{}';
          SELECT array_agg(is_fresh), array_agg(is_fresh AND is_first) INTO fresh, meets
          FROM (
            SELECT coalesce(l.receiver_cursor, 0) = 0 AS is_first,
              d.is_allowed AND banned.user_id IS NULL AND sent.message_id IS NULL AND known.message_id IS NULL
                AND (d.client_id IS NULL
                  OR row_number() OVER (PARTITION BY d.s, d.client_id, d.is_allowed ORDER BY ord) = 1) AS is_fresh
            FROM unnest(ids, senders, receivers, client_ids, allowed) WITH ORDINALITY
              AS d (id, s, r, client_id, is_allowed, ord)
            LEFT JOIN chat.bans banned ON banned.user_id = d.s
            LEFT JOIN chat.entries sent ON sent.sender_id = d.s AND sent.client_message_id = d.client_id
            LEFT JOIN chat.entries known
              ON known.message_id = CASE WHEN d.client_id IS NULL THEN d.id END AND NOT known.is_late
            LEFT JOIN LATERAL (
              SELECT e.receiver_cursor FROM chat.entries e
              WHERE least(e.sender_id, e.receiver_id) = least(d.s, d.r)
                AND greatest(e.sender_id, e.receiver_id) = greatest(d.s, d.r)
              ORDER BY e.seq DESC LIMIT 1) AS l ON true
            ORDER BY ord
          ) AS d;
          IF NOT true = ANY (meets) THEN RETURN; END IF;
          -- Whoever has a feed was known.
          newcomers := ARRAY(
            SELECT u FROM (
              SELECT unnest(ARRAY[s, r]) AS u FROM unnest(senders, receivers, meets) AS d (s, r, meets) WHERE meets
            ) AS met WHERE NOT EXISTS (SELECT FROM chat.heads WHERE user_id = u));
          IF newcomers = '{}' THEN RETURN; END IF;
          strangers := chat.strangers(newcomers);
          IF strangers = '{}' THEN RETURN; END IF;
          SELECT array_agg(is_fresh AND s <> ALL (strangers) AND r <> ALL (strangers) ORDER BY ord) INTO fresh
          FROM unnest(fresh, senders, receivers) WITH ORDINALITY AS d (is_fresh, s, r, ord);
        END $$;
        """

    /// Gives messages that have none their places: cursors in both feeds and a row in `chat.entries`. The arrays have one
    /// element for each message. What calls it has `lookUps`.
    static let place = """
        CREATE FUNCTION chat.place(
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
            UPDATE chat.heads h SET last_cursor = h.last_cursor - step + used, step = used
            FROM (
              SELECT u, count(DISTINCT cursor) FILTER (WHERE cursor > 0) AS used
              FROM unnest(senders || receivers, sender_cursors || receiver_cursors) AS d (u, cursor) GROUP BY u
            ) AS d WHERE h.user_id = d.u AND step <> used;
          END IF;
        END $$;
        """

    /// Those of the users without heads whom the marketplace does not know.
    static let strangersOfMarketplace = """
        CREATE FUNCTION chat.strangers(users chat.user_id[]) RETURNS chat.user_id[]
        LANGUAGE sql STABLE SET search_path = '' AS $$
          SELECT ARRAY(SELECT u FROM unnest(users) AS u WHERE NOT EXISTS (SELECT FROM public.users WHERE users.id = u))
        $$;
        """

    /// Without a marketplace nobody is a stranger.
    static let noStrangers = """
        CREATE FUNCTION chat.strangers(users chat.user_id[]) RETURNS chat.user_id[]
        LANGUAGE sql STABLE SET search_path = '' AS $$ SELECT '{}'::chat.user_id[] $$;
        """

    /// Stores a batch in one round trip. One row for each draft, in order. `outcome`: s stored, d duplicate, c conflict,
    /// b banned, r over the rate, u a user who does not exist. The other columns are the stored message's.
    static let append = """
        CREATE FUNCTION chat.append(
          ids uuid[], senders chat.user_id[], receivers chat.user_id[], texts text[], client_ids text[],
          products text[], titles text[], times timestamptz[], allowed boolean[],
          OUT outcome "char", OUT id uuid, OUT created_at timestamptz, OUT sender_cursor bigint,
          OUT receiver_cursor bigint, OUT product_id text, OUT product_title text
        ) RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' \(lookUps) AS $$
        #variable_conflict use_column
        DECLARE found record; fresh record; placed record;
        BEGIN
          IF chat.uid() <> ANY (senders) THEN
            RAISE insufficient_privilege USING MESSAGE = 'a message of another user';
          END IF;
          found := chat.look_up(ids, senders, receivers, client_ids, allowed);
          IF NOT false = ANY (found.fresh) THEN
            PERFORM chat.insert_messages(ids, senders, receivers, texts, products, times);
            placed := chat.place(ids, senders, receivers, client_ids, products, titles, times, found.meets);
            RETURN QUERY SELECT 's'::"char", * FROM unnest(
              ids, times, placed.sender_cursors, placed.receiver_cursors, products, titles);
            RETURN;
          END IF;

          SELECT array_agg(id ORDER BY ord) AS ids, array_agg(s ORDER BY ord) AS senders,
            array_agg(r ORDER BY ord) AS receivers, array_agg(text ORDER BY ord) AS texts,
            array_agg(client_id ORDER BY ord) AS client_ids, array_agg(product ORDER BY ord) AS products,
            array_agg(title ORDER BY ord) AS titles, array_agg(at ORDER BY ord) AS times,
            array_agg(meets ORDER BY ord) AS meets
          INTO fresh
          FROM unnest(ids, senders, receivers, texts, client_ids, products, titles, times, found.meets, found.fresh)
            WITH ORDINALITY AS d (id, s, r, text, client_id, product, title, at, meets, is_fresh, ord)
          WHERE is_fresh;
          IF fresh.ids IS NOT NULL THEN
            PERFORM chat.insert_messages(
              fresh.ids, fresh.senders, fresh.receivers, fresh.texts, fresh.products, fresh.times);
            PERFORM chat.place(
              fresh.ids, fresh.senders, fresh.receivers, fresh.client_ids, fresh.products, fresh.titles, fresh.times,
              fresh.meets);
          END IF;
          RETURN QUERY
          SELECT CASE
              WHEN is_fresh THEN 's'
              WHEN EXISTS (SELECT FROM chat.bans WHERE user_id = d.s) THEN 'b'
              WHEN d.s = ANY (found.strangers) OR d.r = ANY (found.strangers) THEN 'u'
              -- A message of this batch that stands behind the draft was not there when the draft's turn came.
              WHEN e.message_id IS NULL OR array_position(ids, e.message_id) > ord THEN 'r'
              WHEN e.sender_id = d.s AND e.receiver_id = d.r AND m.message_text = text THEN 'd'
              ELSE 'c' END::"char",
            e.message_id, e.created_at, e.sender_cursor, e.receiver_cursor, e.product_id, e.product_title
          FROM unnest(ids, senders, receivers, texts, client_ids, found.fresh) WITH ORDINALITY
            AS d (id, s, r, text, client_id, is_fresh, ord)
          LEFT JOIN chat.entries sent ON sent.sender_id = d.s AND sent.client_message_id = d.client_id
          LEFT JOIN chat.entries e
            ON e.message_id = CASE WHEN d.client_id IS NULL THEN d.id ELSE sent.message_id END AND NOT e.is_late
          LEFT JOIN public.messages m ON m.id = e.message_id
          ORDER BY ord;
        END $$;

        -- The row names the product if the marketplace has it.
        CREATE FUNCTION chat.insert_messages(
          ids uuid[], senders chat.user_id[], receivers chat.user_id[], texts text[], products text[],
          times timestamptz[]
        ) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE inserted bigint;
        BEGIN
          IF array_remove(products, NULL) = '{}' THEN
            INSERT INTO public.messages (id, sender_id, receiver_id, message_text, created_at, updated_at)
            SELECT id, s, r, text, at, at FROM unnest(ids, senders, receivers, texts, times) AS d (id, s, r, text, at);
          ELSE
            INSERT INTO public.messages (id, sender_id, receiver_id, product_id, message_text, created_at, updated_at)
            SELECT d.id, s, r, known.id, text, at, at
            FROM unnest(ids, senders, receivers, texts, products, times) AS d (id, s, r, text, product, at)
            LEFT JOIN public.products known ON known.id = CASE
              WHEN product ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN product::uuid END;
          END IF;
          GET DIAGNOSTICS inserted = ROW_COUNT;
          IF inserted <> cardinality(ids) THEN
            RAISE integrity_constraint_violation USING MESSAGE = 'a trigger of the marketplace keeps out a message';
          END IF;
        END $$;
        """

    /// Rows that other programs insert. One statement is one batch, so that several rows cannot deadlock with others'
    /// either. The nodes hear of them by NOTIFY, in the same transaction: these rows are few. A database
    /// that no server has used yet has no channel, and nobody who listens. What is inserted in the name of a banned user gets
    /// no places.
    static let insertedRows = """
        CREATE FUNCTION chat.place_inserted() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' \(lookUps) AS $$
        BEGIN
          PERFORM chat.place(
            array_agg(m.id), array_agg(sender_id), array_agg(receiver_id), array_agg(NULL::text),
            array_agg(product_id::text), array_agg(left(p.title, 200)),
            array_agg(date_trunc('milliseconds', clock_timestamp())), array_agg(true))
          FROM inserted m LEFT JOIN public.products p ON p.id = m.product_id
          WHERE sender_id IS NOT NULL AND receiver_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM chat.bans WHERE bans.user_id = sender_id) HAVING count(*) > 0;
          PERFORM chat.note_read(ARRAY(SELECT id FROM inserted WHERE is_read));
          PERFORM pg_notify(channel || '_rows', u) FROM chat.incarnation, (
            SELECT sender_id::text AS u FROM inserted UNION SELECT receiver_id::text FROM inserted) AS d;
          RETURN NULL;
        END $$;
        """
}

#endif
