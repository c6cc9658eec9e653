#if Cluster

// What a mark costs whoever sets it.

extension Migration {
    /// The user who marks waits for the rows before the mark, too, and gives up after their statement's time limit. So the
    /// trigger marks the newest rows only. The others, at or above `after_seq` and below `before_seq`, wait in
    /// `chat.unmarked` for a server, which marks them in pieces. The mark itself moves at once: only what counts rows, as
    /// the old web client does, is behind for some seconds.
    static let markingInPieces = """
        CREATE TABLE chat.unmarked (
          user_id chat.user_id,
          peer_id chat.user_id,
          after_seq bigint NOT NULL,
          before_seq bigint NOT NULL,
          -- Later, if somebody else held some of the rows, or they could not be marked.
          not_before timestamptz NOT NULL DEFAULT '-infinity',
          PRIMARY KEY (user_id, peer_id)
        );
        ALTER TABLE chat.unmarked OWNER TO chat_owner;
        ALTER TABLE chat.unmarked ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON chat.unmarked FROM public, anon, authenticated, service_role;

        -- Marks the rows of what the reader got from the sender between two places, the newest first. It looks at so many
        -- messages of the conversation, whoever wrote them. `lowest` is the place below which it did not look; `after` if it
        -- looked at all. A row that somebody else holds is left out, as they may wait for this mark: then `has_left` is true.
        -- What calls it has `lookUps`.
        CREATE FUNCTION chat.mark_rows(
          reader chat.user_id, sender chat.user_id, after bigint, before bigint, most bigint,
          OUT lowest bigint, OUT has_left boolean)
        LANGUAGE plpgsql AS $$
        DECLARE ids uuid[]; held uuid[]; looked_at bigint;
        BEGIN
          SELECT array_agg(message_id) FILTER (WHERE sender_id = sender AND receiver_cursor > 0), count(*), min(seq)
          INTO ids, looked_at, lowest
          FROM (
            \(known(to: "reader", with: "sender", where: "e.seq > after AND e.seq < before", most: "most"))
          ) AS d;
          SELECT array_agg(m.id) INTO ids FROM public.messages m WHERE m.id = ANY (ids) AND m.is_read IS NOT TRUE;
          SELECT array_agg(id) INTO held FROM (
            SELECT m.id FROM public.messages m WHERE m.id = ANY (ids) FOR NO KEY UPDATE SKIP LOCKED) AS d;
          UPDATE public.messages m SET is_read = true WHERE m.id = ANY (held) AND m.is_read IS NOT TRUE;
          has_left := coalesce(cardinality(held), 0) < coalesce(cardinality(ids), 0);
          IF looked_at < most THEN lowest := after; END IF;
        END $$;

        CREATE OR REPLACE FUNCTION chat.note_read(messages uuid[])
        RETURNS TABLE (reader chat.user_id, sender chat.user_id, message uuid, is_sender_told boolean)
        LANGUAGE plpgsql SET search_path = '' \(lookUps) AS $$
        #variable_conflict use_column
        DECLARE mark record; before bigint; done record;
        BEGIN
          FOR mark IN
            SELECT DISTINCT ON (e.receiver_id, e.sender_id) e.receiver_id, e.sender_id, e.seq, e.message_id
            FROM unnest(messages) AS d (id) JOIN chat.entries e ON e.message_id = d.id AND e.receiver_cursor > 0
            WHERE NOT EXISTS (
                SELECT FROM chat.blocks b WHERE b.user_id = e.receiver_id AND b.blocked_id = e.sender_id)
              AND NOT EXISTS (SELECT FROM chat.bans WHERE bans.user_id = e.receiver_id)
            ORDER BY e.receiver_id, e.sender_id, e.seq DESC  -- in one order, so that nodes do not deadlock
          LOOP
            SELECT coalesce(p.read_seq, 0) INTO before FROM chat.peers p
            WHERE p.user_id = mark.receiver_id AND p.peer_id = mark.sender_id AND coalesce(p.read_seq, 0) < mark.seq
            FOR NO KEY UPDATE;
            CONTINUE WHEN NOT FOUND;
            UPDATE chat.peers SET read_seq = mark.seq, read_id = mark.message_id
            WHERE user_id = mark.receiver_id AND peer_id = mark.sender_id;
            done := chat.mark_rows(mark.receiver_id, mark.sender_id, before, mark.seq, \(markedAtOnce));
            IF done.lowest > before OR done.has_left THEN
              INSERT INTO chat.unmarked AS u VALUES (mark.receiver_id, mark.sender_id, before,
                CASE WHEN done.has_left THEN mark.seq ELSE done.lowest END)
              ON CONFLICT (user_id, peer_id) DO UPDATE SET
                after_seq = least(u.after_seq, excluded.after_seq),
                before_seq = greatest(u.before_seq, excluded.before_seq);
            END IF;
            reader := mark.receiver_id; sender := mark.sender_id; message := mark.message_id;
            is_sender_told := NOT EXISTS (
              SELECT FROM chat.blocks WHERE user_id = mark.sender_id AND blocked_id = mark.receiver_id);
            RETURN NEXT;
          END LOOP;
        END $$;

        -- Marks some of the rows that wait, of one conversation. The result is whether there were any. Several servers take
        -- different conversations. A blocked sender sees nothing read, so these rows wait for the end of the block. Where
        -- somebody else holds a row, the others of the conversation wait with it for some seconds, and for minutes where
        -- another program's trigger fails: other conversations do not wait for it.
        CREATE FUNCTION chat.mark_rest(most bigint) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' \(lookUps) AS $$
        DECLARE rest record; done record;
        BEGIN
          SELECT u.user_id, u.peer_id, u.after_seq, u.before_seq INTO rest FROM chat.unmarked u
          WHERE u.not_before <= clock_timestamp()
            AND NOT EXISTS (SELECT FROM chat.blocks b WHERE b.user_id = u.user_id AND b.blocked_id = u.peer_id)
          LIMIT 1 FOR UPDATE SKIP LOCKED;
          IF NOT FOUND THEN RETURN false; END IF;
          PERFORM set_config('synchronous_commit', 'off', true);
          BEGIN
            done := chat.mark_rows(rest.user_id, rest.peer_id, rest.after_seq, rest.before_seq, most);
          EXCEPTION WHEN OTHERS OR query_canceled THEN
            UPDATE chat.unmarked u SET not_before = clock_timestamp() + interval '5 minutes'
            WHERE u.user_id = rest.user_id AND u.peer_id = rest.peer_id;
            RETURN true;
          END;
          IF done.has_left THEN
            UPDATE chat.unmarked u SET not_before = clock_timestamp() + interval '2 seconds'
            WHERE u.user_id = rest.user_id AND u.peer_id = rest.peer_id;
          ELSIF done.lowest > rest.after_seq THEN
            UPDATE chat.unmarked u SET before_seq = done.lowest
            WHERE u.user_id = rest.user_id AND u.peer_id = rest.peer_id;
          ELSE
            DELETE FROM chat.unmarked u WHERE u.user_id = rest.user_id AND u.peer_id = rest.peer_id;
          END IF;
          RETURN true;
        END $$;

        -- The whole table is gone, so nothing has to be looked up.
        CREATE OR REPLACE FUNCTION chat.forget_all() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN
          INSERT INTO chat.feed_starts AS f (user_id, cursor)
          SELECT h.user_id, h.last_cursor FROM chat.heads h WHERE h.last_cursor > 0 ORDER BY h.user_id
          ON CONFLICT (user_id) DO UPDATE SET cursor = greatest(f.cursor, excluded.cursor);
          DELETE FROM chat.entries WHERE true;
          DELETE FROM chat.unmarked WHERE true;
          RETURN NULL;
        END $$;

        ALTER FUNCTION chat.mark_rows OWNER TO chat_owner;
        ALTER FUNCTION chat.mark_rest OWNER TO chat_owner;
        REVOKE ALL ON FUNCTION chat.mark_rows, chat.mark_rest FROM public, anon, authenticated, service_role;
        GRANT EXECUTE ON FUNCTION chat.mark_rest TO chat_server;
        """

    /// So many take some tenths of a second on a busy machine.
    static let markedAtOnce = 1000
    /// A server notices nothing else meanwhile, however long another program's triggers take.
    static let markedByServer = 200
}

#endif
