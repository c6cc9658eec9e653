#if Cluster

// What was in `messages` before the chat came. It gets its places while the marketplace goes on writing, in four parts:
//
// 1. `collecting` notes from now on what other programs insert, mark as read and delete.
// 2. `placing` places what was there, in the order of time, in transactions of some hundred messages. It locks nobody. It
//    may be stopped and called again.
// 3. `takingOver` locks `messages`, places the few rows that came since, and replaces the notes by the triggers that
//    place every row at once.
// 4. `messageRights` replaces the policies, in the same transaction.

extension Migration {
    /// Waits until the transactions that write into `messages` have ended, and keeps new ones waiting meanwhile. What
    /// commits after it is noted, and what committed before it is seen by `placing`.
    static let collecting = """
        -- The rows that have no places yet, in the order in which they get them. Those that come now are the last.
        CREATE TABLE chat.unplaced (n bigint PRIMARY KEY, message_id uuid NOT NULL);
        CREATE SEQUENCE chat.unplaced_n START \(firstCollected);
        CREATE TABLE chat.read_meanwhile (message_id uuid NOT NULL);
        CREATE TABLE chat.deleted_meanwhile (message_id uuid NOT NULL);
        CREATE TABLE chat.earlier (are_listed boolean NOT NULL, are_placed boolean NOT NULL);
        INSERT INTO chat.earlier VALUES (false, false);
        ALTER TABLE chat.unplaced ENABLE ROW LEVEL SECURITY;
        ALTER TABLE chat.read_meanwhile ENABLE ROW LEVEL SECURITY;
        ALTER TABLE chat.deleted_meanwhile ENABLE ROW LEVEL SECURITY;
        ALTER TABLE chat.earlier ENABLE ROW LEVEL SECURITY;

        CREATE FUNCTION chat.collect_inserted() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN
          INSERT INTO chat.unplaced (n, message_id) SELECT nextval('chat.unplaced_n'), id FROM inserted;
          RETURN NULL;
        END $$;
        CREATE FUNCTION chat.collect_marked() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN
          INSERT INTO chat.read_meanwhile (message_id) VALUES (NEW.id);
          RETURN NULL;
        END $$;
        CREATE FUNCTION chat.collect_deleted() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        BEGIN
          INSERT INTO chat.deleted_meanwhile (message_id) SELECT id FROM deleted;
          RETURN NULL;
        END $$;
        REVOKE EXECUTE ON FUNCTION chat.collect_inserted, chat.collect_marked, chat.collect_deleted FROM public;

        -- Places some of the rows. The result is how many it looked at.
        CREATE FUNCTION chat.place_some(after bigint, most bigint, OUT looked_at bigint, OUT last bigint)
        LANGUAGE plpgsql SET search_path = '' \(lookUps) AS $$
        DECLARE ids uuid[];
        BEGIN
          WITH taken AS (
            DELETE FROM chat.unplaced WHERE n IN (
              SELECT u.n FROM chat.unplaced u WHERE u.n > after ORDER BY u.n LIMIT most)
            RETURNING n, message_id
          )
          SELECT array_agg(message_id ORDER BY n), count(*), max(n) INTO ids, looked_at, last FROM taken;
          IF looked_at = 0 THEN RETURN; END IF;
          PERFORM chat.place(
            array_agg(m.id ORDER BY n), array_agg(m.sender_id ORDER BY n), array_agg(m.receiver_id ORDER BY n),
            array_agg(NULL::text), array_agg(m.product_id::text ORDER BY n), array_agg(left(p.title, 200) ORDER BY n),
            -- Anybody could insert any time, also one that no clock will show.
            array_agg(CASE WHEN m.created_at BETWEEN 'epoch' AND clock_timestamp()
              THEN date_trunc('milliseconds', m.created_at) ELSE 'epoch' END ORDER BY n), array_agg(true))
          FROM unnest(ids) WITH ORDINALITY AS d (id, n) JOIN public.messages m ON m.id = d.id
          LEFT JOIN public.products p ON p.id = m.product_id
          WHERE m.sender_id IS NOT NULL AND m.receiver_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM chat.entries e WHERE e.message_id = d.id) HAVING count(*) > 0;
          PERFORM chat.note_read(ARRAY(SELECT m.id FROM public.messages m WHERE m.id = ANY (ids) AND m.is_read));
        END $$;
        REVOKE EXECUTE ON FUNCTION chat.place_some FROM public;

        CREATE PROCEDURE chat.place_earlier() LANGUAGE plpgsql AS $$
        DECLARE batch record; last bigint := 0;
        BEGIN
          IF NOT (SELECT are_listed FROM chat.earlier) THEN
            INSERT INTO chat.unplaced (n, message_id)
            SELECT row_number() OVER (ORDER BY coalesce(m.created_at, '-infinity'), m.id), m.id FROM public.messages m
            WHERE NOT EXISTS (SELECT FROM chat.unplaced u WHERE u.message_id = m.id);
            UPDATE chat.earlier SET are_listed = true WHERE true;
            COMMIT;
          END IF;
          LOOP
            SELECT * INTO batch FROM chat.place_some(last, 500);
            COMMIT;
            EXIT WHEN batch.looked_at < 500;
            last := batch.last;
          END LOOP;
          UPDATE chat.earlier SET are_placed = true WHERE true;
          ANALYZE chat.entries, chat.heads, chat.peers;
        END $$;
        REVOKE EXECUTE ON PROCEDURE chat.place_earlier FROM public;

        -- Last, because they lock.
        CREATE TRIGGER chat_collect_inserted AFTER INSERT ON public.messages REFERENCING NEW TABLE AS inserted
          FOR EACH STATEMENT EXECUTE FUNCTION chat.collect_inserted();
        CREATE TRIGGER chat_collect_marked AFTER UPDATE OF is_read ON public.messages FOR EACH ROW
          WHEN (NEW.is_read AND OLD.is_read IS NOT TRUE) EXECUTE FUNCTION chat.collect_marked();
        CREATE TRIGGER chat_collect_deleted AFTER DELETE ON public.messages REFERENCING OLD TABLE AS deleted
          FOR EACH STATEMENT EXECUTE FUNCTION chat.collect_deleted();
        """

    /// More than there were before.
    private static let firstCollected = 1 << 62

    static let placing = "CALL chat.place_earlier()"

    /// Writers and readers of `messages` wait for the end of this transaction.
    static let takingOver = """
        LOCK TABLE public.messages IN ACCESS EXCLUSIVE MODE;
        DO $$ BEGIN
          IF NOT (SELECT are_placed FROM chat.earlier) THEN RAISE 'first call chat.place_earlier()'; END IF;
        END $$;
        SELECT chat.place_some(\(firstCollected) - 1, 9223372036854775807);
        SELECT chat.note_read(ARRAY(SELECT message_id FROM chat.read_meanwhile));
        SELECT chat.forget(ARRAY(SELECT message_id FROM chat.deleted_meanwhile));
        DROP TRIGGER chat_collect_inserted ON public.messages;
        DROP TRIGGER chat_collect_marked ON public.messages;
        DROP TRIGGER chat_collect_deleted ON public.messages;
        DROP PROCEDURE chat.place_earlier;
        DROP FUNCTION chat.place_some, chat.collect_inserted, chat.collect_marked, chat.collect_deleted;
        DROP TABLE chat.unplaced, chat.read_meanwhile, chat.deleted_meanwhile, chat.earlier;
        DROP SEQUENCE chat.unplaced_n;

        CREATE TRIGGER chat_place AFTER INSERT ON public.messages REFERENCING NEW TABLE AS inserted
          FOR EACH STATEMENT WHEN (current_user <> 'chat_owner') EXECUTE FUNCTION chat.place_inserted();
        CREATE TRIGGER chat_note_marked AFTER UPDATE ON public.messages
          REFERENCING OLD TABLE AS before_update NEW TABLE AS after_update
          FOR EACH STATEMENT WHEN (current_user <> 'chat_owner') EXECUTE FUNCTION chat.note_marked();
        CREATE TRIGGER chat_forget_deleted AFTER DELETE ON public.messages REFERENCING OLD TABLE AS deleted
          FOR EACH STATEMENT EXECUTE FUNCTION chat.forget_deleted();
        CREATE TRIGGER chat_forget_all AFTER TRUNCATE ON public.messages
          FOR EACH STATEMENT EXECUTE FUNCTION chat.forget_all();
        """
}

#endif
