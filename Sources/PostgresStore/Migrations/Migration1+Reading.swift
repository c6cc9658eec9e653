#if Cluster

// What one user reads. The server runs these as that user: role `authenticated` with the user's claims.
//
// They are plain SQL, so the planner puts them in place of their calls, and row security applies in them. The argument
// `who` only chooses the index.
//
// Each takes its page from `chat.entries` first and then every message by its key. LIMIT 1 keeps the planner from turning
// that around: the policy of `messages` makes it think of all the user's messages as a cheap list.
//
// Which rows of a conversation a user may know of is said with CASE, because the planner would take an OR for a way to
// find rows, and `receiver_cursor > 0` for a reason to read a whole index that holds just those. It also does not look for
// what stands in a function that might tell of the row, as `coalesce` might for all it knows.

extension Migration {
    static let reading = """
        -- Other programs may write more than the server takes, which no client would take either.
        CREATE FUNCTION chat.shortened(text) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT CASE WHEN octet_length($1) <= 8192 THEN $1 ELSE left($1, 2000) || '…' END $$;

        -- The text is null if the message was deleted at this moment.
        CREATE FUNCTION chat.feed(who chat.user_id, after bigint, most bigint)
        RETURNS TABLE (cursor bigint, message_id uuid, sender_id chat.user_id, receiver_id chat.user_id,
          sender_cursor bigint, receiver_cursor bigint, created_at timestamptz, client_message_id text, product_id text,
          product_title text, message_text text)
        LANGUAGE sql STABLE AS $$
          SELECT f.cursor, f.message_id, f.sender_id, f.receiver_id, f.sender_cursor, f.receiver_cursor, f.created_at,
            f.client_message_id, f.product_id, f.product_title, chat.shortened(m.message_text)
          FROM (
            (SELECT s.sender_cursor AS cursor, s.* FROM chat.entries s
             WHERE s.sender_id = who AND s.sender_cursor > after AND s.sender_cursor > 0
             ORDER BY s.sender_cursor LIMIT most)
            UNION ALL
            (SELECT r.receiver_cursor, r.* FROM chat.entries r
             WHERE r.receiver_id = who AND r.receiver_cursor > after AND r.receiver_cursor > 0 AND r.sender_id <> who
             ORDER BY r.receiver_cursor LIMIT most)
            ORDER BY cursor LIMIT most
          ) AS f
          LEFT JOIN LATERAL (SELECT * FROM public.messages WHERE messages.id = f.message_id LIMIT 1) AS m ON true
          ORDER BY f.cursor
        $$;

        -- Newest first. Whoever asks for one more than the page holds knows whether there are more.
        CREATE FUNCTION chat.conversation(who chat.user_id, peer chat.user_id, before uuid, most bigint)
        RETURNS TABLE (message_id uuid, sender_id chat.user_id, receiver_id chat.user_id, cursor bigint,
          created_at timestamptz, client_message_id text, product_id text, product_title text, message_text text,
          is_read boolean,
          sender_name text, avatar_url text)
        LANGUAGE sql STABLE AS $$
          SELECT e.message_id, e.sender_id, e.receiver_id,
            CASE WHEN e.sender_id = who THEN e.sender_cursor ELSE e.receiver_cursor END, e.created_at,
            CASE WHEN e.sender_id = who THEN e.client_message_id END, e.product_id, e.product_title,
            chat.shortened(m.message_text),
            -- What was withheld has its place in the receiver's order where it was delivered.
            coalesce(CASE WHEN e.receiver_cursor > 0 THEN e.seq ELSE (
              SELECT l.seq FROM chat.entries l WHERE l.message_id = e.message_id AND l.is_late) END <= p.read_seq, false),
            CASE WHEN k.user_id IS NOT NULL THEN k.name ELSE coalesce(n.name, left(u.full_name, 200)) END,
            CASE WHEN k.user_id IS NOT NULL THEN k.avatar_url ELSE u.avatar_url END
          FROM (
            SELECT * FROM chat.entries e
            WHERE least(e.sender_id, e.receiver_id) = least(who, peer)
              AND greatest(e.sender_id, e.receiver_id) = greatest(who, peer)
              AND CASE WHEN e.sender_id = who THEN e.sender_cursor ELSE e.receiver_cursor END > 0
              AND e.seq < CASE WHEN before IS NULL THEN 9223372036854775807 ELSE (
                SELECT b.seq FROM chat.entries b WHERE b.message_id = before
                  AND least(b.sender_id, b.receiver_id) = least(who, peer)
                  AND greatest(b.sender_id, b.receiver_id) = greatest(who, peer)
                  AND CASE WHEN b.sender_id = who THEN b.sender_cursor ELSE b.receiver_cursor END > 0) END
            ORDER BY e.seq DESC LIMIT most
          ) AS e
          CROSS JOIN LATERAL (SELECT * FROM public.messages WHERE messages.id = e.message_id LIMIT 1) AS m
          LEFT JOIN public.users u ON u.id = e.sender_id
          LEFT JOIN chat.names n ON n.user_id = e.sender_id
          LEFT JOIN chat.kept_profiles k ON k.user_id = who AND k.peer_id = e.sender_id
          LEFT JOIN LATERAL (
            SELECT read_seq FROM chat.peers WHERE user_id = e.receiver_id AND peer_id = e.sender_id LIMIT 1) AS p ON true
          ORDER BY e.seq DESC
        $$;

        -- One look into the index for each peer. `unread` goes through what came after the mark.
        CREATE FUNCTION chat.conversations(who chat.user_id, most bigint)
        RETURNS TABLE (peer_id chat.user_id, peer_name text, product_id text, product_title text, message_id uuid,
          sender_id chat.user_id, receiver_id chat.user_id, cursor bigint, message_text text, created_at timestamptz,
          unread bigint, is_blocked boolean)
        LANGUAGE sql STABLE AS $$
          SELECT l.peer_id, CASE WHEN k.user_id IS NOT NULL THEN k.name ELSE coalesce(n.name, left(u.full_name, 200)) END,
            named.product_id, named.product_title, l.message_id, l.sender_id, l.receiver_id,
            CASE WHEN l.sender_id = who THEN l.sender_cursor ELSE l.receiver_cursor END,
            chat.shortened(m.message_text), l.created_at, CASE WHEN b.user_id IS NULL THEN unread.n ELSE 0 END, b.user_id IS NOT NULL
          FROM (
            SELECT p.peer_id, p.read_seq, e.* FROM chat.peers p CROSS JOIN LATERAL (
              SELECT * FROM chat.entries e
              WHERE least(e.sender_id, e.receiver_id) = least(p.user_id, p.peer_id)
                AND greatest(e.sender_id, e.receiver_id) = greatest(p.user_id, p.peer_id)
                AND CASE WHEN e.sender_id = who THEN e.sender_cursor ELSE e.receiver_cursor END > 0
              ORDER BY e.seq DESC LIMIT 1) AS e
            WHERE p.user_id = who ORDER BY e.seq DESC LIMIT most
          ) AS l
          CROSS JOIN LATERAL (SELECT * FROM public.messages WHERE messages.id = l.message_id LIMIT 1) AS m
          LEFT JOIN public.users u ON u.id = l.peer_id
          LEFT JOIN chat.names n ON n.user_id = l.peer_id
          LEFT JOIN chat.kept_profiles k ON k.user_id = who AND k.peer_id = l.peer_id
          LEFT JOIN chat.blocks b ON b.user_id = who AND b.blocked_id = l.peer_id
          LEFT JOIN LATERAL (
            SELECT e.product_id, coalesce(e.product_title, (  -- named by its id alone, it has the last title of this id
              SELECT t.product_title FROM chat.entries t
              WHERE least(t.sender_id, t.receiver_id) = least(who, l.peer_id)
                AND greatest(t.sender_id, t.receiver_id) = greatest(who, l.peer_id)
                AND CASE WHEN t.sender_id = who THEN t.sender_cursor ELSE t.receiver_cursor END > 0
                AND (t.product_id IS NOT NULL OR t.product_title IS NOT NULL)
                AND t.product_id = e.product_id AND t.product_title IS NOT NULL
              ORDER BY t.seq DESC LIMIT 1), (
              SELECT x.title FROM public.products x JOIN public.messages y ON y.product_id = x.id
              WHERE y.id = e.message_id)) AS product_title
            FROM chat.entries e
            WHERE least(e.sender_id, e.receiver_id) = least(who, l.peer_id)
              AND greatest(e.sender_id, e.receiver_id) = greatest(who, l.peer_id)
              AND CASE WHEN e.sender_id = who THEN e.sender_cursor ELSE e.receiver_cursor END > 0
              AND (e.product_id IS NOT NULL OR e.product_title IS NOT NULL)
            ORDER BY e.seq DESC LIMIT 1) AS named ON true
          CROSS JOIN LATERAL (
            SELECT count(*) AS n FROM chat.entries e
            WHERE least(e.sender_id, e.receiver_id) = least(who, l.peer_id)
              AND greatest(e.sender_id, e.receiver_id) = greatest(who, l.peer_id)
              AND e.seq > CASE WHEN l.read_seq IS NULL THEN 0 ELSE l.read_seq END
              AND e.sender_id = l.peer_id AND l.peer_id <> who
              AND CASE WHEN e.sender_id = who THEN e.sender_cursor ELSE e.receiver_cursor END > 0) AS unread
          ORDER BY l.seq DESC
        $$;

        -- Both sides' marks in the conversations whose last messages are in a range of places, the latest first.
        CREATE FUNCTION chat.marks(who chat.user_id, after bigint, before bigint, most bigint)
        RETURNS TABLE (peer_id chat.user_id, seq bigint, created_at timestamptz, delivered_id uuid, read_id uuid,
          peer_delivered_id uuid, peer_read_id uuid)
        LANGUAGE sql STABLE AS $$
          SELECT l.peer_id, l.seq, l.created_at, l.delivered_id, l.read_id, o.delivered_id, o.read_id
          FROM (
            SELECT p.peer_id, p.delivered_id, p.read_id, e.seq, e.created_at
            FROM chat.peers p CROSS JOIN LATERAL (
              SELECT e.seq, e.created_at FROM chat.entries e
              WHERE least(e.sender_id, e.receiver_id) = least(p.user_id, p.peer_id)
                AND greatest(e.sender_id, e.receiver_id) = greatest(p.user_id, p.peer_id)
                AND CASE WHEN e.sender_id = who THEN e.sender_cursor ELSE e.receiver_cursor END > 0
              ORDER BY e.seq DESC LIMIT 1) AS e
            WHERE p.user_id = who AND e.seq > coalesce(after, -1) AND e.seq < coalesce(before, 9223372036854775807)
            ORDER BY e.seq DESC LIMIT most
          ) AS l
          LEFT JOIN LATERAL (
            SELECT delivered_id, read_id FROM chat.peers
            WHERE user_id = l.peer_id AND peer_id = who AND l.peer_id <> who LIMIT 1) AS o ON true
          ORDER BY l.seq DESC
        $$;

        CREATE FUNCTION chat.message_at(who chat.user_id, place bigint) RETURNS uuid LANGUAGE sql STABLE AS $$
          (SELECT message_id FROM chat.entries WHERE sender_id = who AND sender_cursor = place AND sender_cursor > 0)
          UNION ALL
          (SELECT message_id FROM chat.entries
           WHERE receiver_id = who AND receiver_cursor = place AND receiver_cursor > 0)
          LIMIT 1
        $$;

        -- What a log-in needs, as of one moment.
        CREATE FUNCTION chat.account(who chat.user_id, resume bigint)
        RETURNS TABLE (is_banned boolean, cursor bigint, last_message uuid, name text, message_at_resume uuid,
          feed_start bigint)
        LANGUAGE sql STABLE AS $$
          SELECT EXISTS (SELECT FROM chat.bans WHERE user_id = who), head.cursor, chat.message_at(who, head.cursor),
            coalesce((SELECT n.name FROM chat.names n WHERE n.user_id = who),
              (SELECT full_name FROM public.users WHERE id = who)),
            chat.message_at(who, resume), coalesce((SELECT s.cursor FROM chat.feed_starts s WHERE s.user_id = who), 0)
          FROM (SELECT coalesce((SELECT last_cursor FROM chat.heads WHERE user_id = who), 0) AS cursor) AS head
        $$;
        """
}

#endif
