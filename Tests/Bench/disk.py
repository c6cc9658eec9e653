"""Measures what the disk can do, and what SQLite demands of it."""
import os
import struct
import time

FRAME = 24 + 4096  # a frame of a write-ahead log: its header and a page


class Log:
    """The write-ahead log of a database in use, read from outside. The formats are those of
    https://www.sqlite.org/walformat.html."""

    def __init__(self, database):
        self.log = database + "-wal"
        self.index = database + "-shm"

    def commits(self):
        """Returns the number of committed transactions, from the counter in the log's index."""
        with open(self.index, "rb") as file:
            return struct.unpack("=I", file.read(12)[8:])[0]

    def syncs(self):
        """For each sync that is still in the log: how many bytes were written since the one before, in how many
        commits.

        The server syncs at the end of each commit with messages. Acks and marks are synced with the next such
        commit. The last frame of a commit has the size of the database in its header; the others have zero.
        `messages` is the only table in use with a rowid, so only it has leaf pages of type 13.
        """
        with open(self.log, "rb") as file:
            data = file.read()[32:]
        syncs, run = [], None
        for start in range(0, len(data) - FRAME + 1, FRAME):
            if data[start + 8:start + 16] != run:  # the rest is left from an earlier round, and begins anywhere
                run = data[start + 8:start + 16]
                from_its_beginning, frames, commits, holds_messages = False, 0, 0, False
            frames += 1
            holds_messages = holds_messages or data[start + 24] == 13
            if data[start + 4:start + 8] == bytes(4):
                continue
            commits += 1
            if holds_messages:
                if from_its_beginning:
                    syncs.append((frames * FRAME, commits))
                from_its_beginning, frames, commits, holds_messages = True, 0, 0, False
        return syncs


def most_syncs_per_second(folder, size, slices=4):
    """Measures how often per second this disk can write `size` bytes followed by fdatasync. It returns the best of
    some quarters of a second, since it is a limit. The writes cycle through a file of the log's usual size, as
    SQLite's do."""
    path = os.path.join(folder, "disk")
    length = max(size, 1000 * FRAME)
    data = os.urandom(size)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        for _ in range(0, length, size):
            os.write(descriptor, data)
        os.fsync(descriptor)
        return max(syncs_in_a_slice(descriptor, data, length) for _ in range(slices))
    finally:
        os.close(descriptor)
        os.unlink(path)


def syncs_in_a_slice(descriptor, data, length, seconds=0.25):
    count, offset, start = 0, 0, time.monotonic()
    while time.monotonic() - start < seconds:
        os.pwrite(descriptor, data, offset)
        os.fdatasync(descriptor)
        offset = offset + len(data) if offset + 2 * len(data) <= length else 0
        count += 1
    return count / (time.monotonic() - start)
