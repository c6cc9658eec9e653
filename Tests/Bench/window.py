"""Runs a program in a terminal of its own, and notes when something appears on it."""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

ROWS, COLUMNS = 24, 80
BACKSPACE, CTRL_D, ENTER = b"\x7f", b"\x04", b"\r"


class Window:
    """Starts a program in a pseudo-terminal. `started` is the time before its process was created.

    A text to wait for must not be on the screen already, not even partly at the same position: only differences are
    written to a terminal.
    """

    def __init__(self, command, home):
        environment = {
            "PATH": os.environ["PATH"], "HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8",
            **{f"XDG_{name}_HOME": os.path.join(home, name.lower()) for name in ("DATA", "STATE", "CONFIG")},
            "XDG_RUNTIME_DIR": os.path.join(home, "run"),
        }
        self.output = b""
        self.written = 0
        self.started = time.perf_counter()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            try:
                os.execve(command[0], command, environment)
            finally:
                os._exit(127)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            self.end()

    def type(self, keys):
        """Types keys. Returns the time before they were typed."""
        now = time.perf_counter()
        os.write(self.terminal, keys)
        return now

    def appears(self, text, seconds=60, beside=()):
        """Returns the time at which the text was completely written since the last call. It also reads from the
        other windows, whose programs would otherwise block."""
        wanted = text.encode()
        deadline = time.perf_counter() + seconds
        while wanted not in self.output:
            self._read((self, *beside), deadline, text)
        now = time.perf_counter()
        self.output = self.output[self.output.index(wanted) + len(wanted):]
        return now

    def becomes_quiet(self, beside=()):
        """Reads until nothing more is written, and discards it, so that the next wait does not find it."""
        windows = (self, *beside)
        while any(select.select([window.terminal for window in windows], [], [], 0.05)[0]):
            self._read(windows, time.perf_counter() + 1, "anything")
        for window in windows:
            window.output = b""

    def reads_for(self, seconds):
        """Reads and discards everything that is written in this time."""
        deadline = time.perf_counter() + seconds
        while (rest := deadline - time.perf_counter()) > 0:
            if select.select([self.terminal], [], [], rest)[0]:
                self._read((self,), deadline + 1, "anything")
        self.output = b""

    def leave(self):
        """Types the keys that end the program, and waits for its end."""
        self.type(CTRL_D)
        deadline = time.perf_counter() + 10
        while self.pid is not None:
            self._read((self,), deadline, "its end")

    def end(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)
        self.pid = None

    @staticmethod
    def _read(windows, deadline, wanted):
        ready, _, _ = select.select([window.terminal for window in windows], [], [], deadline - time.perf_counter())
        if not ready:
            last = windows[0].output[-2000:].decode(errors="replace")
            sys.exit(f"a window did not show {wanted!r} in time: {last!r}")
        for window in windows:
            if window.terminal in ready:
                try:
                    piece = os.read(window.terminal, 1 << 16)
                    window.output += piece
                    window.written += len(piece)
                except OSError:  # the program has ended
                    window.end()
                    if window is not windows[0] or wanted != "its end":
                        sys.exit(f"a program ended before it showed {wanted!r}: {window.output[-2000:].decode()!r}")
