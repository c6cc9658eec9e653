"""Makes a chat-server database with very many messages through SQL. It is kept from one run to the next."""
import os
import shutil
import sqlite3
import sys
import time

from programs import chat_server

# The users of the load are u0, u1 and so on. Users 2k and 2k+1 write to each other, and have a history here.
PAIRS = 5000
# Besides them, spread over the whole log: a long conversation, a user with many conversations, and a feed to resume.
LONG, LONG_PEER = "long-0", "long-1"
POPULAR = "popular"
AWAY = "away"
MISSED = 10_000  # by AWAY; also the number of POPULAR's conversations, with one message each
LONG_MESSAGES = 10 * MISSED
FEWEST = 300_000
DAYS = 365

# Of every `stride` messages, one is POPULAR's, one is AWAY's, and ten are in the long conversation. The others go to
# the pairs in turn.
MESSAGES = """
    WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :messages),
    places AS (
        SELECT n, n / :stride AS block, n % :stride AS place, :start + n * :step AS ms FROM numbers
    ),
    kinds AS (
        SELECT *, CASE place WHEN 0 THEN 'popular' WHEN 1 THEN 'away' ELSE
                CASE place % (:stride / 10) WHEN 2 THEN 'long' ELSE 'pair' END END AS kind,
            block * (:stride - 12) + place - 3 - (place - 3) / (:stride / 10) AS others,
            block * 10 + place / (:stride / 10) AS longs
        FROM places
    ),
    drafts AS (
        SELECT n + 1 AS seq, ms * 1000 AS created_at,
            CASE kind WHEN 'popular' THEN 'peer-' || block WHEN 'away' THEN 'writer'
                WHEN 'long' THEN 'long-' || (longs & 1)
                ELSE 'u' || (others % :pairs * 2 + (others / :pairs & 1)) END AS sender_id,
            CASE kind WHEN 'popular' THEN 'popular' WHEN 'away' THEN 'away'
                WHEN 'long' THEN 'long-' || (1 - (longs & 1))
                ELSE 'u' || (others % :pairs * 2 + (1 - (others / :pairs & 1))) END AS receiver_id,
            CASE kind WHEN 'popular' THEN 1 WHEN 'away' THEN block + 1 WHEN 'long' THEN longs + 1
                ELSE others / :pairs + 1 END AS sender_cursor,
            CASE kind WHEN 'long' THEN longs + 1 WHEN 'pair' THEN others / :pairs + 1
                ELSE block + 1 END AS receiver_cursor,
            printf('%08x-%04x-7%03x-a%03x-%012x', ms >> 16, ms & 0xFFFF, random() & 0xFFF, random() & 0xFFF,
                random() & 0xFFFFFFFFFFFF) AS id,
            printf('%08x-%04x-7%03x-a%03x-%012x', ms >> 16, ms & 0xFFFF, random() & 0xFFF, random() & 0xFFF,
                random() & 0xFFFFFFFFFFFF) AS client_message_id
        FROM kinds
    )
    INSERT INTO messages (
        seq, id, sender_id, receiver_id, sender_cursor, receiver_cursor, client_message_id, created_at, updated_at,
        message_text)
    SELECT seq, id, sender_id, receiver_id, sender_cursor, receiver_cursor, client_message_id, created_at, created_at,
        :text
    FROM drafts
"""
# The derived tables, filled in the order of their pages. The server's own way is made for thousands of messages, not
# for millions.
SETTLED = """
    INSERT INTO message_ids (id, seq) SELECT id, seq FROM messages ORDER BY id;
    INSERT INTO sendings (sender_id, client_message_id, seq)
    SELECT sender_id, client_message_id, seq FROM messages ORDER BY sender_id, client_message_id;
    INSERT INTO conversation_places (peer_low, peer_high, known_to, seq)
    SELECT min(sender_id, receiver_id), max(sender_id, receiver_id), 0, seq FROM messages ORDER BY 1, 2, seq;
    INSERT INTO feeds (user_id, cursor, seq)
    SELECT sender_id, sender_cursor, seq FROM messages UNION ALL SELECT receiver_id, receiver_cursor, seq FROM messages
    ORDER BY 1, 2;
    INSERT INTO conversations (user_id, peer_id, last_seq, last_at, unread)
    SELECT user_id, peer_id, max(seq), max(created_at), sum(unread) FROM (
        SELECT sender_id AS user_id, receiver_id AS peer_id, seq, created_at, 0 AS unread FROM messages
        UNION ALL SELECT receiver_id, sender_id, seq, created_at, 1 FROM messages
    ) GROUP BY user_id, peer_id;
    UPDATE settled SET up_to = (SELECT max(seq) FROM messages);
"""
# The last migration that this script supports.
SCHEMA = "v12"
TEXT = "Здравствуйте! Ещё продаёте? Заберу сегодня вечером у метро."


def filled(programs, folder, messages):
    """Returns the path of a database with this many messages, which nobody has open. The first time takes minutes."""
    path = os.path.join(folder, f"filled-{SCHEMA}-{messages}.sqlite")
    if not os.path.exists(path):
        making = path + ".making"
        start = time.monotonic()
        print(f"Making a database with {messages:,} messages …", flush=True)
        make(programs, making, messages)
        os.rename(making, path)
        print(f"… in {time.monotonic() - start:.0f} s, {os.path.getsize(path) / 2**20:,.0f} MiB", flush=True)
    return path


def make(programs, path, messages):
    for end in ("", "-wal", "-shm"):
        if os.path.exists(path + end):
            os.unlink(path + end)
    with chat_server(programs, path):  # creates the tables
        pass
    database = sqlite3.connect(path, isolation_level=None)
    schema, = database.execute("SELECT identifier FROM grdb_migrations ORDER BY rowid DESC LIMIT 1").fetchone()
    if schema != SCHEMA:
        sys.exit(f"{__file__} fills the tables of {SCHEMA}, and the server has {schema}.")
    fill(database, messages)
    database.close()


def fill(database, messages):
    """Fills the database. Nothing is safe until it has finished, as the file's name says."""
    stride = messages // MISSED
    milliseconds = DAYS * 86_400_000
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -500000"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("BEGIN")
    database.execute(MESSAGES, {
        "messages": stride * MISSED, "stride": stride, "pairs": PAIRS, "text": TEXT,
        "start": int(time.time() * 1000) - milliseconds, "step": milliseconds // (messages + 1)})
    for statement in filter(str.strip, SETTLED.split(";")):
        database.execute(statement)
    database.execute("COMMIT")
    database.execute("PRAGMA locking_mode = NORMAL")
    database.execute("PRAGMA journal_mode = WAL")


def copied(source, path):
    """Makes a copy and syncs it to disk, so that writing it disturbs no measurement."""
    shutil.copyfile(source, path)
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
