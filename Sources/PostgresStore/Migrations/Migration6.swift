#if Cluster

// What receivers see of messages and mark as read.

extension Migration {
    /// A mark is a position: whoever has read a message has read what came before it. So the rows before it are read, too,
    /// although the old web client marks only the newest one: it counts what is unread by the rows, and shows their senders
    /// what was read by them. A row that somebody else holds is left out, as they may wait for this mark.
    ///
    /// Banned users mark nothing, whoever marks in their name.
    static let markingByPosition = """
        CREATE OR REPLACE FUNCTION chat.note_read(messages uuid[])
        RETURNS TABLE (reader chat.user_id, sender chat.user_id, message uuid, is_sender_told boolean)
        LANGUAGE plpgsql SET search_path = '' \(lookUps) AS $$
        #variable_conflict use_column
        DECLARE mark record; before bigint; covered uuid[];
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
            SELECT array_agg(id) INTO covered FROM (
              SELECT m.id FROM chat.entries e CROSS JOIN LATERAL (
                SELECT id, is_read FROM public.messages WHERE messages.id = e.message_id LIMIT 1) AS m
              WHERE least(e.sender_id, e.receiver_id) = least(mark.receiver_id, mark.sender_id)
                AND greatest(e.sender_id, e.receiver_id) = greatest(mark.receiver_id, mark.sender_id)
                AND e.seq > before AND e.seq < mark.seq AND e.sender_id = mark.sender_id AND e.receiver_cursor > 0
                AND m.is_read IS NOT TRUE) AS d;
            IF covered IS NOT NULL THEN
              SELECT array_agg(id) INTO covered FROM (
                SELECT id FROM public.messages WHERE id = ANY (covered) FOR NO KEY UPDATE SKIP LOCKED) AS d;
              UPDATE public.messages SET is_read = true WHERE id = ANY (covered) AND is_read IS NOT TRUE;
            END IF;
            reader := mark.receiver_id; sender := mark.sender_id; message := mark.message_id;
            is_sender_told := NOT EXISTS (
              SELECT FROM chat.blocks WHERE user_id = mark.sender_id AND blocked_id = mark.receiver_id);
            RETURN NEXT;
          END LOOP;
        END $$;
        """

    /// Only those whom the receiver blocks have messages that are withheld. So most rows cost one look into a small set. For
    /// each of the others `entries` is asked, whose own policy shows what reached the asking user. The question is neither
    /// EXISTS nor names the receiver outside CASE, because the planner might then read all that the user has received, for a
    /// page with some rows of blocked senders.
    ///
    /// An UPDATE without WHERE asks the second policy alone. A blocked sender sees nothing read, and banned users mark
    /// nothing.
    static let rightsOfReceivers = """
        DROP POLICY chat_select ON public.messages;
        DROP POLICY chat_update ON public.messages;
        CREATE POLICY chat_select ON public.messages FOR SELECT TO authenticated USING (
          sender_id = (SELECT chat.uid())
          OR receiver_id = (SELECT chat.uid()) AND CASE
            WHEN sender_id IN (SELECT blocked_id FROM chat.blocks WHERE blocks.user_id = (SELECT chat.uid())) THEN (
              SELECT true FROM chat.entries e
              WHERE e.message_id = messages.id
                AND CASE WHEN e.receiver_id = (SELECT chat.uid()) THEN e.receiver_cursor > 0 ELSE false END LIMIT 1
            ) IS TRUE
            ELSE true END);
        CREATE POLICY chat_update ON public.messages FOR UPDATE TO authenticated
          USING (receiver_id = (SELECT chat.uid())
            AND sender_id NOT IN (SELECT blocked_id FROM chat.blocks WHERE blocks.user_id = (SELECT chat.uid()))
            AND NOT EXISTS (SELECT FROM chat.bans WHERE bans.user_id = (SELECT chat.uid())))
          WITH CHECK (receiver_id = (SELECT chat.uid()));
        DROP FUNCTION chat.withheld();
        """
}

#endif
