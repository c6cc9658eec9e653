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

    def bytes_per_commit(self):
        """How many bytes one commit writes: the median over what now stands in the log, where the last frame of each
        commit has the size of the database in its header, and the others have zero."""
        with open(self.log, "rb") as file:
            header = file.read(32)
            data = file.read()
        salt = header[16:24]  # frames of an earlier round of the log have another one
        sizes, frames = [], 0
        for start in range(0, len(data) - FRAME + 1, FRAME):
            if data[start + 8:start + 16] != salt:
                break
            frames += 1
            if data[start + 4:start + 8] != bytes(4):
                sizes.append(frames * FRAME)
                frames = 0
        return round(statistics.median(sizes)) if sizes else FRAME


def syncs_per_second(folder, size, seconds):
    """How often in a second this disk takes `size` bytes for good, written and followed by fdatasync. They go over a file
    of the log's usual size again and again, as SQLite writes its log."""
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
