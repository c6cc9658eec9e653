extension Schema {
    /// Converts UUIDs to lower case, as they are compared from now on. If two messages of a user differ only in the
    /// case of their `client_message_id`, both stay, and repeats are answered with the one in lower case.
    static let v8 = """
        UPDATE OR IGNORE messages SET client_message_id = lower(client_message_id)
        WHERE client_message_id GLOB '*[A-F]*' AND client_message_id NOT GLOB '*[^-0-9A-Fa-f]*'
            AND client_message_id GLOB '????????-????-????-????-????????????'
            AND length(replace(client_message_id, '-', '')) = 32;

        UPDATE OR IGNORE messages SET id = lower(id)
        WHERE id GLOB '*[A-F]*' AND id NOT GLOB '*[^-0-9A-Fa-f]*'
            AND id GLOB '????????-????-????-????-????????????' AND length(replace(id, '-', '')) = 32;
        """
}
