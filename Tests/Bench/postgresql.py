"""PostgreSQL servers of one's own, for benchmarks and tests."""
import os
import signal
import subprocess
import time

from libpq import Connection


class PostgreSQL:
    """A cluster in a folder, with its settings as Debian has them but for those given. PostgreSQL refuses to run as root,
    so root runs it as the user that Debian's package makes.

    - settings: as `name=value`.
    - port: The socket in the folder is named after it.
    - preparation: What a process does before it becomes the server (`preexec_fn`).
    """

    def __init__(
            self, folder, settings=("listen_addresses=", "shared_buffers=512MB", "max_wal_size=4GB"), port=5432,
            preparation=None):
        versions = "/usr/lib/postgresql"
        self.programs = f"{versions}/{max(os.listdir(versions), key=int)}/bin"
        self.folder, self.data = os.path.abspath(folder), os.path.join(os.path.abspath(folder), "data")
        self.settings, self.port, self.preparation = list(settings), port, preparation
        self.process = None
        self.identity = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        subprocess.run(["rm", "-rf", self.folder], check=True)
        os.makedirs(self.folder)
        if self.identity:
            subprocess.run(["chown", "postgres", self.folder], check=True)

    def __enter__(self):
        self.make()
        self.start()
        self.wait()
        return self

    def __exit__(self, *_):
        self.stop()
        subprocess.run(["rm", "-rf", self.data], check=True)

    # MARK: Its files

    def make(self):
        self.run("initdb", "-D", self.data, "-U", "owner", "-A", "trust", "-E", "UTF8")

    def copy(self, primary):
        """Makes it a replica that streams from another one."""
        self.run(
            "pg_basebackup", "-h", primary.folder, "-p", str(primary.port), "-U", "owner", "-D", self.data, "-R",
            "--checkpoint=fast")

    # MARK: Its process

    def start(self):
        """Starts it; `wait` says when it answers."""
        settings = [part for setting in self.settings for part in ("-c", setting)]
        with open(f"{self.folder}/log", "a") as log:
            self.process = subprocess.Popen(
                [f"{self.programs}/postgres", "-D", self.data, "-k", self.folder, "-p", str(self.port), *settings], cwd="/",
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=self.preparation,
                **self.identity)

    def wait(self, within=60):
        deadline = time.monotonic() + within
        while not self.answers():
            if time.monotonic() > deadline or not self.is_running:
                raise RuntimeError(f"PostgreSQL does not start; see {self.folder}/log")
            time.sleep(0.05)

    def answers(self):
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """At once, as if the machine failed: the next start recovers from the log."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def kill(self):
        """With -9, all its processes before any of them can do anything about it."""
        children = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], stdout=subprocess.PIPE, text=True).stdout.split()
        for pid in [self.process.pid, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def promote(self):
        """Makes a replica a server that takes writes."""
        self.run("pg_ctl", "-D", self.data, "-w", "promote")

    def run(self, program, *arguments):
        subprocess.run([f"{self.programs}/{program}", *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL,
                       stdin=subprocess.DEVNULL, **self.identity)

    # MARK: Its databases

    def connect(self, database="postgres"):
        """Raises OSError."""
        return Connection(f"host={self.folder} port={self.port} dbname={database} user=owner")

    def query(self, statements, database="postgres"):
        """Runs them on a connection of their own. Returns the rows of the last one as lists of texts."""
        connection = self.connect(database)
        try:
            return connection.run(statements)
        finally:
            connection.close()
