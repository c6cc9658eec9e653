"""postgres.py PROGRAMS FOLDER [--seconds N] [--rounds N]: messages per second that the store in PostgreSQL takes, beside
plain INSERTs of the same rows into the marketplace's table, on a PostgreSQL of its own.

A writer is a connection that sends one batch after the other, each a transaction. Both kinds take turns."""
import argparse
import multiprocessing
import random
import statistics
import subprocess
import sys
import time
import uuid

from libpq import Connection, Values, array
from postgresql import PostgreSQL

USERS = 10_000
# Each user talks with ten others.
CONVERSATIONS = [(one, (one + step * 977) % USERS) for one in range(USERS) for step in range(1, 6)]
BATCHES, WRITERS = (1, 16, 64, 256), (1, 2, 4)
# The least ratio for some numbers of writers and sizes of a batch.
GOALS = {(1, 1): 0.40, (1, 16): 0.34, (1, 64): 0.35, (1, 256): 0.36, (2, 256): 0.28, (4, 256): 0.28}
TEXT = "Здравствуйте! Ещё продаёте? Могу забрать сегодня после шести."

MARKETPLACE = """
    CREATE TABLE users (id uuid PRIMARY KEY, name text, full_name text, avatar_url text);
    CREATE TABLE products (id uuid PRIMARY KEY, title text, seller_id uuid REFERENCES users (id));
    CREATE TABLE messages (
        id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
        sender_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        receiver_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        product_id uuid REFERENCES products (id) ON DELETE SET NULL,
        message_text text NOT NULL, is_read boolean DEFAULT false,
        created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    CREATE INDEX ON messages (receiver_id);
    CREATE INDEX ON messages (sender_id);
    CREATE INDEX ON messages (created_at DESC);
    INSERT INTO users (id) SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
        FROM generate_series(1, %d) AS n;
""" % USERS

# As the server sends it.
APPEND = "SELECT * FROM chat.append($1, $2, $3, $4, $5, $6, $7, $8, $9)"
INSERT = """
    INSERT INTO messages (id, sender_id, receiver_id, message_text, created_at, updated_at)
    SELECT id, s, r, text, at, at
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[]) AS d (id, s, r, text, at)
"""


def user(number):
    return f"00000000-0000-4000-8000-{number + 1:012}"


def some_pairs(count):
    return [pair if random.random() < 0.5 else pair[::-1] for pair in random.choices(CONVERSATIONS, k=count)]


def message_id():
    """A UUID of version 7, as the server makes them."""
    milliseconds = time.time_ns() // 1_000_000
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62 | random.getrandbits(62)))


def batch(between, is_plain):
    """Values of the statement for a message between each of these pairs."""
    size = len(between)
    ids = [message_id() for _ in between]
    rows = [ids, [user(sender) for sender, _ in between], [user(receiver) for _, receiver in between], [TEXT] * size]
    time_of_all = ["2026-01-01T12:00:00Z"] * size
    nothing = [None] * size
    rest = [time_of_all] if is_plain else [
        [str(uuid.uuid4()) for _ in between], nothing, nothing, time_of_all, ["t"] * size]
    return Values([array(column) for column in rows + rest])


def open_conversations(parameters):
    """Stores a message of each conversation, in both databases. Beginnings of conversations are few, and cost more."""
    for is_plain in (False, True):
        connection = writing_connection(parameters, is_plain)
        for first in range(0, len(CONVERSATIONS), 500):
            connection.execute("write", batch(CONVERSATIONS[first:first + 500], is_plain))


def writing_connection(parameters, is_plain):
    connection = Connection(f"{parameters} {'dbname=plain user=owner' if is_plain else 'dbname=chat user=chat_server'}")
    connection.prepare("write", INSERT if is_plain else APPEND)
    return connection


def write(parameters, size, is_plain, seconds, ready, start, stored):
    connection = writing_connection(parameters, is_plain)
    # Making a batch takes longer than sending it, so this is done before. Nothing is sent twice.
    batches = [batch(some_pairs(size), is_plain) for _ in range(int(seconds * 60_000 / size) + 1)]
    ready.release()
    start.wait()
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        connection.execute("write", batches[count])
        count += 1
    stored.put(count * size)


def messages_per_second(parameters, size, writers, is_plain, seconds):
    ready, start, stored = multiprocessing.Semaphore(0), multiprocessing.Event(), multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=write, args=(parameters, size, is_plain, seconds, ready, start, stored))
        for _ in range(writers)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    start.set()
    count = sum(stored.get() for _ in processes)
    for process in processes:
        process.join()
    return count / seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs")
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES, help="sizes of batches")
    parser.add_argument("--writers", type=int, nargs="+", default=WRITERS)
    given = parser.parse_args()
    with PostgreSQL(f"{given.folder}/postgres") as server:
        parameters = f"host={server.folder}"
        owner = Connection(f"{parameters} dbname=postgres user=owner")
        # The plain rows go where the chat has never been, because its trigger would give them places, too.
        owners = []
        for database in ("plain", "chat"):
            owner.run(f"CREATE DATABASE {database}")
            owners.append(Connection(f"{parameters} dbname={database} user=owner"))
            owners[-1].run(MARKETPLACE)
        address = f"postgres:///chat?host={server.folder}&user=owner"
        subprocess.run([f"{given.programs}/chat-server", "migrate", "--store", address], check=True,
                       stdout=subprocess.DEVNULL)
        open_conversations(parameters)
        missed = table(parameters, owners, given)
    sys.exit(bool(missed))


def table(parameters, owners, given):
    """Prints a row for each number of writers; a cell is the ratio and both rates. Returns whether a goal is missed."""
    missed = False
    print("| writers | " + " | ".join(f"batches of {size}" for size in given.batches) + " |")
    print("|---" * (len(given.batches) + 1) + "|")
    for writers in given.writers:
        cells = []
        for size in given.batches:
            goal = GOALS.get((writers, size))
            for owner in owners:
                owner.run("VACUUM ANALYZE")
            rates = [tuple(messages_per_second(parameters, size, writers, is_plain, given.seconds)
                           for is_plain in (False, True)) for _ in range(given.rounds)]
            ratio = statistics.median(ours / plain for ours, plain in rates)
            ours, plain = (statistics.median(column) for column in zip(*rates))
            below = goal is not None and ratio < goal
            missed |= below
            cells.append(f"{ratio:.2f}{' (goal: %.2f)' % goal if below else ''}: {ours:,.0f} / {plain:,.0f}")
        print(f"| {writers} | " + " | ".join(cells) + " |", flush=True)
    return missed


if __name__ == "__main__":
    main()
