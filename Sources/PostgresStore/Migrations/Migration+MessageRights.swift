#if Cluster

// Who may do what with the marketplace's tables.

extension Migration {
    /// Policies of one kind add up. So no row is safe where there are others than those that this program knows.
    static let otherPolicies = """
        DO $$ DECLARE other text; BEGIN
          SELECT string_agg(format('"%s"', policyname), ', ') INTO other FROM pg_policies
          WHERE schemaname = 'public' AND tablename = 'messages' AND permissive = 'PERMISSIVE'
            AND roles && '{public,anon,authenticated}' AND policyname NOT IN (
              'Users can view their own messages', 'Users can insert their own messages',
              'Users can update their own messages');
          IF other IS NOT NULL THEN
            RAISE 'policies add up, so the table messages must have none but those that are replaced: drop % first', other;
          END IF;
        END $$;
        """

    /// Where the marketplace has row security on a table, the functions of the chat read it all the same.
    static func readingBesideOthers(_ table: String) -> String {
        "CREATE POLICY chat_owner ON public.\(table) FOR SELECT TO chat_owner USING (true)"
    }

    static let messageRights = """
        -- By the last of the old policies a receiver could rewrite what was said.
        ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;
        DROP POLICY IF EXISTS "Users can view their own messages" ON public.messages;
        DROP POLICY IF EXISTS "Users can insert their own messages" ON public.messages;
        DROP POLICY IF EXISTS "Users can update their own messages" ON public.messages;
        CREATE POLICY chat_select ON public.messages FOR SELECT TO authenticated USING (
          sender_id = (SELECT chat.uid())
          OR receiver_id = (SELECT chat.uid()) AND id NOT IN (SELECT chat.withheld()));
        CREATE POLICY chat_insert ON public.messages FOR INSERT TO authenticated WITH CHECK (
          sender_id = (SELECT chat.uid()) AND is_read IS NOT TRUE AND octet_length(message_text) <= 8192
          AND NOT EXISTS (SELECT FROM chat.bans WHERE bans.user_id = (SELECT chat.uid())));
        -- An UPDATE without WHERE asks this policy alone, so it repeats what chat_select says. A blocked sender sees
        -- nothing read.
        CREATE POLICY chat_update ON public.messages FOR UPDATE TO authenticated
          USING (receiver_id = (SELECT chat.uid()) AND id NOT IN (SELECT chat.withheld())
            AND sender_id NOT IN (SELECT blocked_id FROM chat.blocks WHERE blocks.user_id = (SELECT chat.uid())))
          WITH CHECK (receiver_id = (SELECT chat.uid()));
        CREATE POLICY chat_owner ON public.messages TO chat_owner USING (true) WITH CHECK (true);
        -- Policies cannot name columns. Supabase grants everything on every new table.
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON public.messages FROM anon, authenticated;
        REVOKE SELECT ON public.messages FROM anon;
        GRANT INSERT (sender_id, receiver_id, product_id, message_text, is_read, created_at), UPDATE (is_read)
          ON public.messages TO authenticated;
        """
}

#endif
