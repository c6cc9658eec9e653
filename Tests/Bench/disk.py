"""What the disk can do, and what SQLite asks of it."""
import os
import struct
import time

FRAME = 24 + 4096  # of a write-ahead log: its header and a page


class Log:
    """The write-ahead log of a database in use, read from beside it. The formats are those of
    https://www.sqlite.org/walformat.html."""

    def __init__(self, database):
        self.log = database + "-wal"
        self.index = database + "-shm"

    def commits(self):
        """How many transactions have been committed: the counter in the log's index."""
        with open(self.index, "rb") as file:
            return struct.unpack("=I", file.read(12)[8:])[0]

    def syncs(self):
        """From one sync to the next, as far as they stand in the log: how many bytes were written, in how many commits.

        The server syncs at the end of each commit that holds messages; acks and marks are on the disk with the next of
        these. The last frame of a commit has the size of the database in its header, the others have zero. `messages`
        is the only table in use with a rowid, and so the only one with leaf pages of the kind 13."""
        with open(self.log, "rb") as file:
            data = file.read()[32:]
        syncs, run = [], None
        for start in range(0, len(data) - FRAME + 1, FRAME):
            if data[start + 8:start + 16] != run:  # what follows is left from an earlier round, and begins anywhere
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
    """How often in a second this disk takes `size` bytes for good, written and followed by fdatasync: the best of some
    quarters of a second, for it is a limit. They go over a file of the log's usual size again and again, as SQLite
    writes its log."""
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
