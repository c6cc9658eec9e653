"""Reads what the programs hold: the server's database and its answers, the clients' local stores."""
import glob
import os
import sqlite3

from ledger import TOKEN


def query(path, statement, *arguments):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        # The client's texts are blobs where they hold U+0000, and never are here.
        return connection.execute(statement, arguments).fetchall()
    finally:
        connection.close()


def server_messages(path):
    """[(id, text, sender, receiver)], in commit order."""
    return query(path, "SELECT id, message_text, sender_id, receiver_id FROM messages ORDER BY seq")


def of_pair(messages, pair):
    return [(message[0], message[1]) for message in messages if {message[2], message[3]} == pair]


def of_user(messages, user):
    return [(message[0], message[1]) for message in messages if user in message[2:4]]


def feed_defects(path):
    """Feeds count 1, 2, 3 … and name each message once for each of its users."""
    defects = []
    for user, count, first, last in query(
            path, "SELECT user_id, count(*), min(cursor), max(cursor) FROM feeds GROUP BY user_id"):
        if (first, last) != (1, count):
            defects.append(f"the feed of {user} has {count} entries from {first} to {last}")
    wrong = query(path, """
        SELECT m.id FROM messages m WHERE 2 <> (
            SELECT count(*) FROM feeds f WHERE f.seq = m.seq AND f.user_id IN (m.sender_id, m.receiver_id))""")
    return defects + [f"message {row[0]} is not once in both feeds" for row in wrong]


def tokens(entries):
    return [match[0] for _, text in entries if (match := TOKEN.match(text))]


# MARK: Local stores


def local_store(data_folder):
    """The one store file of a user; None where there is none."""
    files = [
        path for path in glob.glob(os.path.join(data_folder, "chat-tui", "history-*.sqlite")) if ".broken-" not in path]
    return files[0] if len(files) == 1 else None


def set_aside(data_folder):
    return glob.glob(os.path.join(data_folder, "chat-tui", "*.broken-*.sqlite"))


def local_messages(path, peer):
    """[(id, text)] of a conversation, in the order in which a window shows them."""
    return query(path, """
        SELECT m.id, m.message_text FROM messages m JOIN conversations c ON c.id = m.conversation
        WHERE c.peer_id = ? ORDER BY m.created_at, m.cursor, m.seq""", peer)


def local_unsent(path):
    return [text for (text,) in query(path, "SELECT message_text FROM unsent ORDER BY seq")]


def local_gaps(path):
    """Places where the store says that messages are missing, but for a conversation's beginning."""
    return query(path, """
        SELECT c.peer_id, m.id FROM messages m JOIN conversations c ON c.id = m.conversation
        WHERE m.follows_gap = 1 AND EXISTS (
            SELECT 1 FROM messages o WHERE o.conversation = m.conversation
            AND (o.created_at, o.cursor, o.seq) < (m.created_at, m.cursor, m.seq))""")
