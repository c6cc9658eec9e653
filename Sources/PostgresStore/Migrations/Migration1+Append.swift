#if Cluster

// Storing messages: `chat.append` for the server, a trigger for every other program that inserts into `messages`.
//
// Every function that reads tables in several statements relies on READ COMMITTED: each statement sees what was committed
// before it began. So what follows a lock sees everything that the lock's former holders did.
//
// Plans are generic, because planning these again costs more than running them. They do no sequential scans: a plan made
// while a table was empty stays in its session until the table is analysed.

extension Migration {
    /// Gives messages their places: cursors in both feeds and a row in `chat.entries`. The arrays have one element for
    /// each draft.
    ///
    /// - `allowed`: whether the draft's sender is within their limits.
    /// - `fresh`: whether the draft was given a place. The others repeat an earlier message by its `client_message_id`
    ///   (drafts without one by their id, as when a batch is sent again of which nobody knows whether it was stored), are
    ///   of a banned sender, are not allowed, or name a user who does not exist.
    static let place = """
        CREATE FUNCTION chat.place(
          ids uuid[], senders chat.user_id[], receivers chat.user_id[], client_ids text[], products text[],
          titles text[], times timestamptz[], allowed boolean[],
          OUT fresh boolean[], OUT sender_cursors bigint[], OUT receiver_cursors bigint[], OUT strangers chat.user_id[]
        ) LANGUAGE plpgsql SET search_path = '' SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
        #variable_conflict use_column
        DECLARE
          users chat.user_id[];
          befores bigint[];   -- the users' last cursors before this batch
          reaches boolean[];  -- whether the receiver may know of the message
          meets boolean[];    -- whether one of the two may not know of the conversation yet
        BEGIN
          -- Locks everybody's row in one order and raises it as if every draft were new and reached its receiver.
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

          -- Somebody's first message: do they exist?
          strangers := '{}';
          IF 0 = ANY (befores) THEN strangers := chat.strangers(users, befores); END IF;

          SELECT array_agg(is_fresh), array_agg(is_fresh AND is_open),
            array_agg(is_fresh AND coalesce(last_receiver_cursor, 0) = 0)
          INTO fresh, reaches, meets
          FROM (
            SELECT ord, l.receiver_cursor AS last_receiver_cursor,
              b.user_id IS NULL AS is_open,
              d.is_allowed AND banned.user_id IS NULL AND sent.message_id IS NULL AND known.message_id IS NULL
                AND d.s <> ALL (strangers) AND d.r <> ALL (strangers)
                AND (d.client_id IS NULL
                  OR row_number() OVER (PARTITION BY d.s, d.client_id, d.is_allowed ORDER BY ord) = 1) AS is_fresh
            FROM unnest(ids, senders, receivers, client_ids, allowed) WITH ORDINALITY
              AS d (id, s, r, client_id, is_allowed, ord)
            LEFT JOIN chat.bans banned ON banned.user_id = d.s
            LEFT JOIN chat.entries sent ON sent.sender_id = d.s AND sent.client_message_id = d.client_id
            LEFT JOIN chat.entries known
              ON known.message_id = CASE WHEN d.client_id IS NULL THEN d.id END AND NOT known.is_late
            LEFT JOIN chat.blocks b ON b.user_id = d.r AND b.blocked_id = d.s
            LEFT JOIN LATERAL (
              SELECT e.receiver_cursor FROM chat.entries e
              WHERE least(e.sender_id, e.receiver_id) = least(d.s, d.r)
                AND greatest(e.sender_id, e.receiver_id) = greatest(d.s, d.r)
              ORDER BY e.seq DESC LIMIT 1) AS l ON true
            ORDER BY ord
          ) AS d;

          -- `users` is sorted as the window is, so a user's rank is their place in it.
          SELECT array_agg(cursor) FILTER (WHERE is_senders), array_agg(cursor) FILTER (WHERE NOT is_senders)
          INTO sender_cursors, receiver_cursors
          FROM (
            SELECT ord, is_senders, CASE WHEN has_cursor THEN befores[dense_rank() OVER (ORDER BY u)]
              + count(*) FILTER (WHERE counts)
                OVER (PARTITION BY u ORDER BY ord, is_senders DESC ROWS UNBOUNDED PRECEDING) ELSE 0 END AS cursor
            FROM (
              SELECT u, ord, true AS is_senders, has_cursor, has_cursor AS counts
              FROM unnest(senders, fresh) WITH ORDINALITY AS d (u, has_cursor, ord)
              UNION ALL  -- a message to oneself counts once
              SELECT u, ord, false, has_cursor, has_cursor AND u <> s
              FROM unnest(receivers, senders, reaches) WITH ORDINALITY AS d (u, s, has_cursor, ord)
            ) AS sides ORDER BY ord
          ) AS sides;

          INSERT INTO chat.entries (
            message_id, seq, sender_id, receiver_id, sender_cursor, receiver_cursor, created_at, client_message_id,
            product_id, product_title)
          SELECT id, nextval('chat.seq'), s, r, s_cursor, r_cursor, at, client_id, product, title
          FROM unnest(ids, senders, receivers, sender_cursors, receiver_cursors, times, client_ids, products, titles, fresh)
            AS d (id, s, r, s_cursor, r_cursor, at, client_id, product, title, is_fresh)
          WHERE is_fresh;

          IF true = ANY (meets) THEN
            INSERT INTO chat.peers (user_id, peer_id)
            SELECT s, r FROM unnest(senders, receivers, meets) AS d (s, r, meets) WHERE meets
            UNION
            SELECT r, s FROM unnest(senders, receivers, meets, reaches) AS d (s, r, meets, reaches) WHERE meets AND reaches
            ORDER BY 1, 2 ON CONFLICT DO NOTHING;
          END IF;

          -- Whoever got fewer cursors than they were raised by.
          IF false = ANY (fresh) OR false = ANY (reaches) THEN
            DELETE FROM chat.heads WHERE user_id = ANY (strangers);
            UPDATE chat.heads h SET last_cursor = h.last_cursor - step + used, step = used
            FROM (
              SELECT u, count(DISTINCT cursor) FILTER (WHERE cursor > 0) AS used
              FROM unnest(senders || receivers, sender_cursors || receiver_cursors) AS d (u, cursor) GROUP BY u
            ) AS d WHERE h.user_id = d.u AND step <> used;
          END IF;
        END $$;
        """

    /// Those of the users with new heads whom the marketplace does not know.
    static let strangersOfMarketplace = """
        CREATE FUNCTION chat.strangers(users chat.user_id[], befores bigint[]) RETURNS chat.user_id[]
        LANGUAGE sql STABLE SET search_path = '' AS $$
          SELECT ARRAY(
            SELECT u FROM unnest(users, befores) AS d (u, before)
            WHERE before = 0 AND NOT EXISTS (SELECT FROM public.users WHERE users.id = u))
        $$;
        """

    /// Without a marketplace nobody is a stranger.
    static let noStrangers = """
        CREATE FUNCTION chat.strangers(users chat.user_id[], befores bigint[]) RETURNS chat.user_id[]
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
        ) RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = '' SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
        #variable_conflict use_column
        DECLARE p record;
        BEGIN
          IF chat.uid() <> ANY (senders) THEN
            RAISE insufficient_privilege USING MESSAGE = 'a message of another user';
          END IF;
          p := chat.place(ids, senders, receivers, client_ids, products, titles, times, allowed);

          INSERT INTO public.messages (id, sender_id, receiver_id, product_id, message_text, created_at, updated_at)
          SELECT d.id, s, r, known.id, text, at, at
          FROM unnest(ids, senders, receivers, texts, products, times, p.fresh)
            AS d (id, s, r, text, product, at, is_fresh)
          LEFT JOIN public.products known ON known.id = CASE
            WHEN product ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN product::uuid END
          WHERE is_fresh;

          IF NOT false = ANY (p.fresh) THEN
            RETURN QUERY SELECT 's'::"char", * FROM unnest(
              ids, times, p.sender_cursors, p.receiver_cursors, products, titles);
            RETURN;
          END IF;
          RETURN QUERY
          SELECT CASE
              WHEN is_fresh THEN 's'
              WHEN EXISTS (SELECT FROM chat.bans WHERE user_id = d.s) THEN 'b'
              WHEN d.s = ANY (p.strangers) OR d.r = ANY (p.strangers) THEN 'u'
              -- A message of this batch that stands behind the draft was not there when the draft's turn came.
              WHEN e.message_id IS NULL OR array_position(ids, e.message_id) > ord THEN 'r'
              WHEN e.sender_id = d.s AND e.receiver_id = d.r AND m.message_text = text THEN 'd'
              ELSE 'c' END::"char",
            e.message_id, e.created_at, e.sender_cursor, e.receiver_cursor, e.product_id, e.product_title
          FROM unnest(ids, senders, receivers, texts, client_ids, p.fresh) WITH ORDINALITY
            AS d (id, s, r, text, client_id, is_fresh, ord)
          LEFT JOIN chat.entries sent ON sent.sender_id = d.s AND sent.client_message_id = d.client_id
          LEFT JOIN chat.entries e
            ON e.message_id = CASE WHEN d.client_id IS NULL THEN d.id ELSE sent.message_id END AND NOT e.is_late
          LEFT JOIN public.messages m ON m.id = e.message_id
          ORDER BY ord;
        END $$;
        """

    /// Rows that other programs insert. One statement is one batch, so that several rows cannot deadlock with others'
    /// either. The nodes hear of them by NOTIFY, in the same transaction: these rows are few.
    static let insertTrigger = """
        CREATE FUNCTION chat.place_inserted() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN
          PERFORM chat.place(
            array_agg(id), array_agg(sender_id), array_agg(receiver_id), array_agg(NULL::text),
            array_agg(product_id::text), array_agg(NULL::text),
            array_agg(date_trunc('milliseconds', clock_timestamp())), array_agg(true))
          FROM inserted HAVING count(*) > 0;
          PERFORM pg_notify('chat', u) FROM (
            SELECT sender_id::text AS u FROM inserted UNION SELECT receiver_id::text FROM inserted) AS d;
          RETURN NULL;
        END $$;
        CREATE TRIGGER chat_place AFTER INSERT ON public.messages REFERENCING NEW TABLE AS inserted
          FOR EACH STATEMENT WHEN (current_user <> 'chat_owner') EXECUTE FUNCTION chat.place_inserted();
        """

    /// What was there before this migration gets its places in the order of time. Nobody may insert meanwhile.
    static let earlierMessages = """
        LOCK TABLE public.messages IN SHARE ROW EXCLUSIVE MODE;
        WITH old AS (
          SELECT id, sender_id, receiver_id, product_id::text, date_trunc('milliseconds', created_at) AS at,
            row_number() OVER (ORDER BY coalesce(created_at, '-infinity'), id) AS seq
          FROM public.messages
        ), sides AS (
          SELECT seq, is_senders, row_number() OVER (PARTITION BY u ORDER BY seq) AS cursor FROM (
            SELECT seq, true AS is_senders, sender_id AS u FROM old
            UNION ALL SELECT seq, false, receiver_id FROM old WHERE receiver_id <> sender_id) AS d
        )
        INSERT INTO chat.entries (
          message_id, seq, sender_id, receiver_id, sender_cursor, receiver_cursor, created_at, product_id)
        SELECT id, old.seq, sender_id, receiver_id, s.cursor, coalesce(r.cursor, s.cursor), coalesce(at, 'epoch'), product_id
        FROM old JOIN sides s ON s.seq = old.seq AND s.is_senders LEFT JOIN sides r ON r.seq = old.seq AND NOT r.is_senders
        ORDER BY old.seq;
        SELECT setval('chat.seq', coalesce(max(seq), 0) + 1, false) FROM chat.entries;
        INSERT INTO chat.heads SELECT u, max(cursor), 0 FROM (
          SELECT sender_id AS u, sender_cursor AS cursor FROM chat.entries
          UNION ALL SELECT receiver_id, receiver_cursor FROM chat.entries) AS d GROUP BY u;
        INSERT INTO chat.peers (user_id, peer_id, read_seq, read_id)
        SELECT u, p, max(seq) FILTER (WHERE is_read), (array_agg(message_id ORDER BY seq DESC) FILTER (WHERE is_read))[1]
        FROM (
          SELECT e.sender_id AS u, e.receiver_id AS p, e.seq, message_id, false AS is_read FROM chat.entries e
          UNION ALL
          SELECT e.receiver_id, e.sender_id, e.seq, message_id, m.is_read
          FROM chat.entries e JOIN public.messages m ON m.id = message_id
        ) AS d GROUP BY u, p;
        """
}

#endif
