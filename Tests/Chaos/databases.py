"""The PostgreSQL of a cluster: a primary, and a replica that may take its place."""
import asyncio
import os
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Bench"))

from nodes import free_port
from postgresql import PostgreSQL
from process import die_with_parent

MESSAGES = """
    SELECT m.id, m.message_text, m.sender_id, m.receiver_id FROM messages m
    JOIN chat.entries e ON e.message_id = m.id WHERE NOT e.is_late ORDER BY e.seq"""

FEEDS = """
    SELECT sender_id AS "user", sender_cursor AS cursor, seq FROM chat.entries WHERE sender_cursor > 0
    UNION ALL SELECT receiver_id, receiver_cursor, seq FROM chat.entries WHERE receiver_cursor > 0"""


class Databases:
    """`evidence.Database` for PostgreSQL."""

    def __init__(self, folder):
        self.primary, self.replica = (self.server(os.path.join(folder, name)) for name in ("primary", "replica"))

    @staticmethod
    def server(folder):
        # What was committed is on disk even if the machine fails. Here only processes fail, and the disk is shared.
        settings = ["fsync=off", "max_connections=200", "listen_addresses=127.0.0.1"]
        return PostgreSQL(folder, settings, free_port(), die_with_parent)

    # MARK: Running

    def make(self, migrate):
        """- migrate: Gets the address of the database as its owner, and sets it up."""
        self.primary.make()
        self.primary.start()
        self.primary.wait()
        self.primary.query("CREATE DATABASE chat")
        migrate(f"postgres:///chat?host={self.primary.folder}&port={self.primary.port}&user=owner")
        self.replica.copy(self.primary)
        self.replica.start()
        self.replica.wait()

    async def restart(self, pause):
        """As after a failure of the machine.

        - pause: For how many seconds it is away.
        """
        self.primary.stop()
        await asyncio.sleep(pause)
        await self.start(self.primary)

    @staticmethod
    async def start(server):
        # Here, and not in another thread: what a thread has started would end with it.
        server.start()
        await asyncio.to_thread(server.wait)

    def stop(self):
        for server in (self.primary, self.replica):
            if server.is_running:
                server.stop()

    # MARK: The failover

    async def leave_replica_behind(self):
        """From here on the replica gets nothing any more."""
        self.replica.query("ALTER SYSTEM SET primary_conninfo = ''")
        self.replica.query("SELECT pg_reload_conf()")
        while self.replica.query("SELECT 1 FROM pg_stat_wal_receiver"):
            await asyncio.sleep(0.05)

    def behind(self):
        """How many messages the replica lacks."""
        return len(self.messages()) - len(self.messages(self.replica))

    async def fail_over(self):
        """The primary is gone, the replica takes its place. Returns the (id, text) of the messages that it lacks. Nobody
        may be connected to it before that."""
        self.primary.kill()
        await asyncio.to_thread(self.replica.promote)
        # What the old one has confirmed it has on disk. It is asked where nobody else reaches it.
        self.primary.settings.append("listen_addresses=")
        await self.start(self.primary)
        old = self.messages()
        self.primary.stop()
        self.primary, self.replica = self.replica, self.primary
        kept = {message[0] for message in self.messages()}
        return [(message[0], message[1]) for message in old if message[0] not in kept]

    # MARK: Evidence

    def messages(self, server=None):
        """Returns [(id, text, sender, receiver)] in commit order. (`seq` is that within each conversation and feed.)"""
        return (server or self.primary).query(MESSAGES, "chat")

    def feed_defects(self):
        """Checks the feeds: cursors count 1, 2, 3 and so on up to the user's last one, in commit order, and no message is
        in none."""
        def ask(statement):
            return self.primary.query(statement, "chat")

        defects = [
            f"the feed of {user} has {count} entries from {first} to {last}; its head is {head}"
            for user, count, first, last, head in ask(f"""
                SELECT "user", count(*), min(cursor), max(cursor), max(h.last_cursor)
                FROM ({FEEDS}) f LEFT JOIN chat.heads h ON h.user_id = f."user" GROUP BY "user"
                HAVING count(*) <> count(DISTINCT cursor) OR min(cursor) <> 1 OR max(cursor) <> count(*)
                  OR max(h.last_cursor) IS DISTINCT FROM count(*)""")]
        defects += [
            f"entry {cursor} of the feed of {user} was stored before the one before it" for user, cursor in ask(f"""
                SELECT "user", cursor FROM (
                  SELECT *, lag(seq, 1, 0) OVER (PARTITION BY "user" ORDER BY cursor) AS before FROM ({FEEDS}) f) g
                WHERE seq <= before""")]
        defects += [
            f"message {message_id} has no place" for message_id, in ask(
                "SELECT id FROM messages m WHERE NOT EXISTS (SELECT 1 FROM chat.entries e WHERE e.message_id = m.id)")]
        return defects


def migrate(program):
    def run(address):
        subprocess.run([program, "migrate", "--store", address], check=True, stdout=subprocess.DEVNULL)

    return run
