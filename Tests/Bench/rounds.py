"""One round of `make bench-peers`: every server in turn, one measurement after the other."""
import os
import sqlite3
import time

import load
from filled import AWAY, MISSED
from pages import list_times, page_times
from programs import chat_server_command, empty_folder

OURS = "chat-server"
SQLITE = "SQLite alone"
NO_LIMITS = [
    "--message-rate", "0", "--byte-rate", "0", "--event-rate", "0", "--user-requests", "0", "--user-connections", "0"]
BUSY = {"pairs": 32, "window": 16}
MANY = {"pairs": 2000, "window": 1}
ALONE_ON_ITS_WAY = {"pairs": 1, "window": 1}
BATCH = 64


class Round:
    """The parameters of each round: the programs, a folder on the disk to be measured, and how long to measure."""

    def __init__(self, programs, folder, peers, seconds, connections):
        self.program = load.built(folder)
        self.folder, self.seconds, self.connections = folder, seconds, connections
        self.commands = {OURS: lambda database: chat_server_command(programs, database, *NO_LIMITS)}
        for name, command in peers.items():
            self.commands[name] = lambda database, command=command: [*command, database]

    def empty_databases(self):
        """Returns the results: for each row its servers, and for each server some numbers.

        Our server comes last. The measurement that is compared with it alone follows right after it.
        """
        idle = {"connections": self.connections}
        rows = {"idle": self.each("idle", idle), "many": self.each("delivery", MANY), "busy": {}, "one behind": {}}
        rows["one"] = self.each("delivery", ALONE_ON_ITS_WAY)
        rows["idle"][OURS], = self.measured(OURS, "idle", {**idle, "protocol": 2})
        rows["one"][SQLITE], sqlite = sqlite_alone(self.folder, self.seconds)
        for name in reversed(self.commands):
            rows["busy"][name], rows["one behind"][name] = self.measured(name, "delivery", BUSY, ALONE_ON_ITS_WAY)
        rows["protocol 2"] = {OURS: self.measured(OURS, "delivery", {**BUSY, "protocol": 2})[0]}
        rows["processor"] = dict(rows["busy"])
        rows["busy"][SQLITE] = sqlite
        return rows

    def filled_database(self, database):
        """The same for our server with a long history, which grows by this."""
        with load.under_load(self.commands[OURS](database)) as (process, port):
            # The first time, part of the file comes from the disk.
            rows = {"page first": percentiles(page_times(port))}
            rows["page"] = percentiles(page_times(port) + page_times(port))
            rows["list"] = percentiles(list_times(port))
            for name, protocol in (("filled", 1), ("filled, protocol 2", 2)):
                rows[name] = load.run(
                    self.program, "delivery", port, process, seconds=self.seconds, protocol=protocol, **BUSY)
            # The log is being checkpointed, and the derived tables are being written.
            rows["page behind"] = percentiles(page_times(port))
            rows["resume"] = load.run(self.program, "resume", port, process, user=AWAY, messages=MISSED)
        return {name: {OURS: result} for name, result in rows.items()}

    def each(self, what, options):
        return {name: self.measured(name, what, options)[0] for name in self.commands}

    def measured(self, name, what, *loads):
        """Measures one server with a database of its own, under one load after the other."""
        database = os.path.join(empty_folder(self.folder, "peers"), "chat.sqlite")
        with load.under_load(self.commands[name](database)) as (process, port):
            results = [
                load.run(self.program, what, port, process, seconds=self.seconds, **options) for options in loads]
        if what == "delivery":
            check(name, database, sum(result["sent"] for result in results))
        return results


def check(name, database, sent):
    """Checks that everything confirmed is in the database."""
    connection = sqlite3.connect(database)
    stored, = connection.execute("SELECT count(*) FROM messages").fetchone()
    connection.close()
    if stored != sent:
        raise SystemExit(f"{name} stored {stored} of {sent} messages")


def percentiles(seconds):
    """Percentiles in microseconds, as the load reports them."""
    ordered = sorted(time * 1e6 for time in seconds)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)]}


def sqlite_alone(folder, seconds):
    """Measures the limit of disk and SQLite: one transaction for each row, and one for many. The results have the
    form of a load's."""
    database = sqlite3.connect(os.path.join(empty_folder(folder, "peers"), "alone.sqlite"), isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, sender TEXT, receiver TEXT, text TEXT, time INT)")
    many = [commit(database, BATCH) for _ in until(seconds / 2)]
    one = [commit(database, 1) for _ in until(seconds / 2)]
    database.close()
    return percentiles(one), {"messagesPerSecond": BATCH * len(many) / sum(many)}


def commit(database, rows):
    start = time.perf_counter()
    database.execute("BEGIN")
    database.executemany(
        "INSERT INTO messages (sender, receiver, text, time) VALUES ('u0', 'u1', ?, 0)", [("x" * 100,)] * rows)
    database.execute("COMMIT")
    return time.perf_counter() - start


def until(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        yield
