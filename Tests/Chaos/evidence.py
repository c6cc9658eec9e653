"""Reads what the programs hold: the server's database and its answers, and the clients' local stores."""
import glob
import os
import sqlite3

from ledger import TOKEN


def query(path, statement, *arguments):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        # The client stores texts as blobs if they contain U+0000. None does here.
        return connection.execute(statement, arguments).fetchall()
    finally:
        connection.close()


FEEDS = """
    SELECT sender_id AS user, sender_cursor AS cursor, seq, sender_previous AS previous FROM messages
    UNION ALL SELECT receiver_id, receiver_cursor, seq, receiver_previous FROM messages
    WHERE receiver_cursor > 0 AND receiver_id <> sender_id"""


class Database:
    """The server's file. All kinds of databases have these methods."""

    def __init__(self, path):
        self.path = path

    def messages(self):
        """Returns [(id, text, sender, receiver)] in commit order."""
        return query(self.path, "SELECT id, message_text, sender_id, receiver_id FROM messages ORDER BY seq")

    def feed_defects(self):
        """Checks the feeds: cursors count 1, 2, 3 and so on, each message leads to the one before it, and every
        sixteenth is an anchor."""
        defects = []
        for user, count, different, first, last in query(self.path, f"""
                SELECT user, count(*), count(DISTINCT cursor), min(cursor), max(cursor) FROM ({FEEDS}) GROUP BY user"""):
            if (different, first, last) != (count, 1, count):
                defects.append(f"the feed of {user} has {count} entries from {first} to {last}")
        astray = query(self.path, f"""
            SELECT user, cursor FROM (SELECT *, lag(seq, 1, 0) OVER (PARTITION BY user ORDER BY cursor) AS before FROM ({FEEDS}))
            WHERE previous <> before""")
        missing = query(self.path, f"""
            SELECT user, cursor FROM (SELECT user, cursor, seq FROM ({FEEDS}) WHERE cursor % 16 = 0
            EXCEPT SELECT user_id, cursor, seq FROM feeds)""")
        return (
            defects + [f"entry {cursor} of the feed of {user} leads astray" for user, cursor in astray]
            + [f"entry {cursor} of the feed of {user} is not found" for user, cursor in missing])


def of_pair(messages, pair):
    return [(message[0], message[1]) for message in messages if {message[2], message[3]} == pair]


def of_user(messages, user):
    return [(message[0], message[1]) for message in messages if user in message[2:4]]


def tokens(entries):
    return [match[0] for _, text in entries if (match := TOKEN.match(text))]


# MARK: Local stores


def local_store(data_folder):
    """The path of a user's only store file, or None if there is none."""
    files = [
        path for path in glob.glob(os.path.join(data_folder, "chat-tui", "history-*.sqlite")) if ".broken-" not in path]
    return files[0] if len(files) == 1 else None


def set_aside(data_folder):
    return glob.glob(os.path.join(data_folder, "chat-tui", "*.broken-*.sqlite"))


def local_messages(path, peer):
    """Returns [(id, text)] of a conversation, in the order in which a window shows them."""
    return query(path, """
        SELECT m.id, m.message_text FROM messages m JOIN conversations c ON c.id = m.conversation
        WHERE c.peer_id = ? ORDER BY m.order_at, m.cursor, m.seq""", peer)


def local_unsent(path):
    return [text for (text,) in query(path, "SELECT message_text FROM unsent ORDER BY seq")]


def known_to_miss(path, peer, conversation):
    """Of a conversation in the server's order, [(id, text)], the ids of messages that the store does not have, and knows
    that something is missing there."""
    rows = query(path, """
        SELECT m.id, m.follows_gap, c.is_joined FROM messages m JOIN conversations c ON c.id = m.conversation
        WHERE c.peer_id = ?""", peer)
    follows_gap = {message_id: is_set for message_id, is_set, _ in rows}
    missing, known = [], set()
    for message_id, _ in conversation:
        if message_id not in follows_gap:
            missing.append(message_id)
            continue
        known.update(missing if follows_gap[message_id] else [])
        missing = []
    # Whether something is missing behind the last one.
    is_joined = bool(rows) and rows[0][2]
    return known if is_joined else known.union(missing)


def local_gaps(path):
    """Returns the places where the store knows that messages are missing, except at the beginning of a conversation."""
    return query(path, """
        SELECT c.peer_id, m.id FROM messages m JOIN conversations c ON c.id = m.conversation
        WHERE m.follows_gap = 1 AND EXISTS (
            SELECT 1 FROM messages o WHERE o.conversation = m.conversation
            AND (o.order_at, o.cursor, o.seq) < (m.order_at, m.cursor, m.seq))""")
