#if Cluster

// A conversation's messages by who may know of them. Most are known to both users. A message is known to one of them alone
// while the other's block withholds it, and when it was delivered late, it has one row for each. These were in one index,
// and who read the conversation walked over all that were withheld from them.

extension Migration {
    private static let isKnownToBoth = "CASE WHEN sender_cursor > 0 THEN receiver_cursor > 0 ELSE false END"
    private static let isKnownToOne = "CASE WHEN sender_cursor > 0 THEN receiver_cursor <= 0 ELSE true END"
    /// Of a message that is known to one of its users alone.
    private static let knower = "CASE WHEN sender_cursor > 0 THEN sender_id ELSE receiver_id END"
    private static let other = "CASE WHEN sender_cursor > 0 THEN receiver_id ELSE sender_id END"
    private static let namesProduct = "(product_id IS NOT NULL OR product_title IS NOT NULL)"

    /// The newest messages of a conversation that one of its users may know of, from one range of each index.
    ///
    /// The conditions on cursors are those of the indexes, word for word. The planner would take `receiver_cursor > 0` for
    /// a reason to read a whole index that holds just those.
    ///
    /// - Parameters:
    ///   - columns: of `e`; `seq` is one of them.
    ///   - condition: about `e`.
    static func known(
        to who: String, with peer: String, _ columns: String = "e.*", where condition: String = "true", most: String
    ) -> String {
        """
        (SELECT \(columns) FROM chat.entries e
             WHERE least(sender_id, receiver_id) = least(\(who), \(peer))
               AND greatest(sender_id, receiver_id) = greatest(\(who), \(peer))
               AND \(isKnownToBoth) AND \(condition)
             ORDER BY e.seq DESC LIMIT \(most))
            UNION ALL
            (SELECT \(columns) FROM chat.entries e
             WHERE \(knower) = \(who)
               AND \(other) = \(peer)
               AND \(isKnownToOne) AND \(condition)
               -- Whoever delivered to themselves late has two rows, too.
               AND CASE WHEN sender_id = \(who) THEN sender_cursor ELSE receiver_cursor END > 0
             ORDER BY e.seq DESC LIMIT \(most))
            ORDER BY seq DESC LIMIT \(most)
        """
    }

    /// Each is a call of its own, outside a transaction, and locks nobody out. One that was stopped has left an index that
    /// is of no use.
    static let indexesByKnower: [String] = [
        ("entries_of_both", "least(sender_id, receiver_id), greatest(sender_id, receiver_id), seq", isKnownToBoth),
        ("entries_of_one", "(\(knower)), (\(other)), seq", isKnownToOne),
        (
            "products_of_both", "least(sender_id, receiver_id), greatest(sender_id, receiver_id), seq",
            "\(isKnownToBoth) AND \(namesProduct)"
        ),
        ("products_of_one", "(\(knower)), (\(other)), seq", "\(isKnownToOne) AND \(namesProduct)"),
    ].flatMap { name, columns, condition in
        [
            "DROP INDEX CONCURRENTLY IF EXISTS chat.\(name)",
            "CREATE INDEX CONCURRENTLY \(name) ON chat.entries (\(columns)) WHERE \(condition)",
        ]
    }

    static let conversationsByKnower = """
        DROP INDEX chat.entries_by_conversation, chat.entries_naming_products;
        -- The form of CASE that compares one value asks for that value once.
        ALTER POLICY own_and_reaching ON chat.entries USING (
          CASE (SELECT chat.uid()) WHEN sender_id THEN true WHEN receiver_id THEN receiver_cursor > 0 ELSE false END);

        CREATE OR REPLACE FUNCTION chat.conversation(who chat.user_id, peer chat.user_id, before uuid, most bigint)
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
            \(known(to: "who", with: "peer", where: """
                e.seq < CASE WHEN before IS NULL THEN 9223372036854775807 ELSE (
                       SELECT b.seq FROM chat.entries b WHERE b.message_id = before
                         AND least(b.sender_id, b.receiver_id) = least(who, peer)
                         AND greatest(b.sender_id, b.receiver_id) = greatest(who, peer)
                         AND CASE WHEN b.sender_id = who THEN b.sender_cursor ELSE b.receiver_cursor END > 0) END
                """, most: "most"))
          ) AS e
          CROSS JOIN LATERAL (SELECT * FROM public.messages WHERE messages.id = e.message_id LIMIT 1) AS m
          LEFT JOIN public.users u ON u.id = e.sender_id
          LEFT JOIN chat.names n ON n.user_id = e.sender_id
          LEFT JOIN chat.kept_profiles k ON k.user_id = who AND k.peer_id = e.sender_id
          LEFT JOIN LATERAL (
            SELECT read_seq FROM chat.peers WHERE user_id = e.receiver_id AND peer_id = e.sender_id LIMIT 1) AS p ON true
          ORDER BY e.seq DESC
        $$;

        -- Some looks into the indexes for each peer. `unread` goes through what came after the mark.
        CREATE OR REPLACE FUNCTION chat.conversations(who chat.user_id, most bigint)
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
            \(known(to: "who", with: "p.peer_id", most: "1"))
            ) AS e
            WHERE p.user_id = who ORDER BY e.seq DESC LIMIT most
          ) AS l
          CROSS JOIN LATERAL (SELECT * FROM public.messages WHERE messages.id = l.message_id LIMIT 1) AS m
          LEFT JOIN public.users u ON u.id = l.peer_id
          LEFT JOIN chat.names n ON n.user_id = l.peer_id
          LEFT JOIN chat.kept_profiles k ON k.user_id = who AND k.peer_id = l.peer_id
          LEFT JOIN chat.blocks b ON b.user_id = who AND b.blocked_id = l.peer_id
          LEFT JOIN LATERAL (
            SELECT d.product_id, coalesce(d.product_title, (  -- named by its id alone, it has the last title of this id
              SELECT t.product_title FROM (
            \(known(to: "who", with: "l.peer_id", "e.seq, e.product_title", where: """
                \(namesProduct)
                       AND e.product_id = d.product_id AND e.product_title IS NOT NULL
                """, most: "1"))
              ) AS t), (
              SELECT x.title FROM public.products x JOIN public.messages y ON y.product_id = x.id
              WHERE y.id = d.message_id)) AS product_title
            FROM (
            \(known(to: "who", with: "l.peer_id", "e.seq, e.message_id, e.product_id, e.product_title",
                where: namesProduct, most: "1"))
            ) AS d) AS named ON true
          CROSS JOIN LATERAL (
            SELECT (
              SELECT count(*) FROM chat.entries e
              WHERE least(sender_id, receiver_id) = least(who, l.peer_id)
                AND greatest(sender_id, receiver_id) = greatest(who, l.peer_id)
                AND \(isKnownToBoth)
                AND e.seq > CASE WHEN l.read_seq IS NULL THEN 0 ELSE l.read_seq END
                AND e.sender_id = l.peer_id AND l.peer_id <> who
            ) + (
              SELECT count(*) FROM chat.entries e
              WHERE \(knower) = who
                AND \(other) = l.peer_id
                AND \(isKnownToOne)
                AND e.seq > CASE WHEN l.read_seq IS NULL THEN 0 ELSE l.read_seq END
                AND e.sender_id = l.peer_id AND l.peer_id <> who
            ) AS n) AS unread
          ORDER BY l.seq DESC
        $$;

        CREATE OR REPLACE FUNCTION chat.marks(who chat.user_id, after bigint, before bigint, most bigint)
        RETURNS TABLE (peer_id chat.user_id, seq bigint, created_at timestamptz, delivered_id uuid, read_id uuid,
          peer_delivered_id uuid, peer_read_id uuid)
        LANGUAGE sql STABLE AS $$
          SELECT l.peer_id, l.seq, l.created_at, l.delivered_id, l.read_id, o.delivered_id, o.read_id
          FROM (
            SELECT p.peer_id, p.delivered_id, p.read_id, e.seq, e.created_at
            FROM chat.peers p CROSS JOIN LATERAL (
            \(known(to: "who", with: "p.peer_id", "e.seq, e.created_at", most: "1"))
            ) AS e
            WHERE p.user_id = who AND e.seq > coalesce(after, -1) AND e.seq < coalesce(before, 9223372036854775807)
            ORDER BY e.seq DESC LIMIT most
          ) AS l
          LEFT JOIN LATERAL (
            SELECT delivered_id, read_id FROM chat.peers
            WHERE user_id = l.peer_id AND peer_id = who AND l.peer_id <> who LIMIT 1) AS o ON true
          ORDER BY l.seq DESC
        $$;
        """

    /// `meets`: two users who have a message that both know of know of the conversation.
    static let lookUpByKnower = """
        CREATE OR REPLACE FUNCTION chat.look_up(
          ids uuid[], senders chat.user_id[], receivers chat.user_id[], client_ids text[], allowed boolean[],
          OUT fresh boolean[], OUT meets boolean[], OUT strangers chat.user_id[]
        ) LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        DECLARE newcomers chat.user_id[];
        BEGIN
          strangers := '{}';
          SELECT array_agg(is_fresh), array_agg(is_fresh AND is_first) INTO fresh, meets
          FROM (
            SELECT l.seq IS NULL AS is_first,
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
              SELECT e.seq FROM chat.entries e
              WHERE least(sender_id, receiver_id) = least(d.s, d.r)
                AND greatest(sender_id, receiver_id) = greatest(d.s, d.r)
                AND \(isKnownToBoth)
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

    /// Ranges of what one user got from the other, oldest first.
    static let markReadByKnower = """
        CREATE OR REPLACE FUNCTION chat.mark_read(
          users chat.user_id[], others chat.user_id[], messages uuid[], most bigint)
        RETURNS TABLE (outcome "char", newest uuid)
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = '' \(lookUps) AS $$
        #variable_conflict use_column
        DECLARE
          mark record; reached record; mark_id uuid; before bigint; outcomes "char"[];
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
            SELECT coalesce(read_seq, 0) INTO before FROM chat.peers
            WHERE user_id = mark.u AND peer_id = mark.o AND coalesce(read_seq, 0) < mark.seq
              AND NOT EXISTS (SELECT FROM chat.bans WHERE bans.user_id = mark.u)
              AND NOT EXISTS (SELECT FROM chat.blocks b WHERE b.user_id = mark.u AND b.blocked_id = mark.o)
              FOR NO KEY UPDATE;
            CONTINUE WHEN NOT FOUND;
            -- What the mark newly covers, as far as this call goes.
            SELECT array_agg(c.message_id) AS ids, count(*) AS n, max(c.seq) AS seq,
              (array_agg(c.message_id ORDER BY c.seq DESC))[1] AS last INTO reached
            FROM (
              (SELECT e.message_id, e.seq FROM chat.entries e
               WHERE least(sender_id, receiver_id) = least(mark.u, mark.o)
                 AND greatest(sender_id, receiver_id) = greatest(mark.u, mark.o)
                 AND \(isKnownToBoth) AND e.seq > before AND e.seq <= mark.seq AND e.sender_id = mark.o
               ORDER BY e.seq LIMIT most)
              UNION ALL
              (SELECT e.message_id, e.seq FROM chat.entries e
               WHERE \(knower) = mark.u
                 AND \(other) = mark.o
                 AND \(isKnownToOne) AND e.seq > before AND e.seq <= mark.seq AND e.sender_id = mark.o
                 AND e.receiver_id = mark.u AND e.is_late
               ORDER BY e.seq LIMIT most)
              ORDER BY seq LIMIT most) AS c;
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
        """
}

#endif
