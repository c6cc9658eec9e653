"""What the disk can do, and what SQLite asks of it."""
import os
import statistics
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
        """What stands in the log says: how many bytes (the median) and how many commits (the mean) are written from
        one sync to the next.

        The server syncs at the end of each commit that holds messages; acks and marks are on the disk with the next of
        these. The last frame of a commit has the size of the database in its header, the others have zero. `messages`
        is the only table in use with a rowid, and so the only one with leaf pages of the kind 13."""
        with open(self.log, "rb") as file:
            data = file.read()[32:]
        sizes, commits, run = [], [], None
        for start in range(0, len(data) - FRAME + 1, FRAME):
            if data[start + 8:start + 16] != run:  # what follows is left from an earlier round, and begins anywhere
                run = data[start + 8:start + 16]
                from_its_beginning, frames, commits_here, holds_messages = False, 0, 0, False
            frames += 1
            holds_messages = holds_messages or data[start + 24] == 13
            if data[start + 4:start + 8] == bytes(4):
                continue
            commits_here += 1
            if holds_messages:
                if from_its_beginning:
                    sizes.append(frames * FRAME)
                    commits.append(commits_here)
                from_its_beginning, frames, commits_here, holds_messages = True, 0, 0, False
        if not sizes:
            raise SystemExit("the log holds no messages")
        return round(statistics.median(sizes)), statistics.mean(commits)


def syncs_per_second(folder, size, seconds):
    """How often in a second this disk takes `size` bytes for good, written and followed by fdatasync. They go over a
    file of the log's usual size again and again, as SQLite writes its log."""
    path = os.path.join(folder, "disk")
    length = max(size, 1000 * FRAME)
    data = os.urandom(size)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        for _ in range(0, length, size):
            os.write(descriptor, data)
        os.fsync(descriptor)
        count, offset, start = 0, 0, time.monotonic()
        while time.monotonic() - start < seconds:
            os.pwrite(descriptor, data, offset)
            os.fdatasync(descriptor)
            offset = offset + size if offset + 2 * size <= length else 0
            count += 1
        return count / (time.monotonic() - start)
    finally:
        os.close(descriptor)
        os.unlink(path)
