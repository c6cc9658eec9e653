"""chat-tui in a pseudo-terminal of its own: it gets keys, shows a screen, and is killed and started again."""
import asyncio
import errno
import fcntl
import os
import re
import signal
import struct
import subprocess
import termios

from ledger import DRAFT_TOKEN, TOKEN
from process import die_with_parent, tell
from screen import Screen

ROWS, COLUMNS = 50, 100
RULE = "─" * 10
# Goes to the end of the line, and deletes the line and the line break before it.
CLEAR = "\x05\x15\x7f" * 50
PLACEHOLDER = "Введите сообщение..."
ONLINE = "в сети"


class Window:
    """A user's window. Its process changes; its lives are counted."""

    def __init__(self, name, user, peer, command, environment, ledger):
        self.name, self.user, self.peer = name, user, peer
        # The user's only window, or one of several on the same conversation.
        self.is_alone, self.has_twin = True, False
        self.command, self.environment, self.ledger = command, environment, ledger
        self.life = 0
        self.process = self.terminal = None
        self.screen = Screen(ROWS, COLUMNS)
        self.changed = asyncio.Event()
        self.is_stopped = self.is_end_expected = False
        self.ended_at = self.went_on_at = 0
        # The screen before the window was left.
        self.last_shown = []
        self.read()

    # MARK: The process

    def start(self):
        self.terminal, side = os.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.set_blocking(self.terminal, False)

        def take_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            die_with_parent()

        self.screen = Screen(ROWS, COLUMNS)
        self.read()
        self.process = subprocess.Popen(
            self.command, stdin=side, stdout=side, stderr=side, env=self.environment, start_new_session=True,
            preexec_fn=take_terminal)
        os.close(side)
        self.life += 1
        self.is_end_expected = False
        asyncio.get_running_loop().add_reader(self.terminal, self.receive)

    @property
    def writer(self):
        """The writer whose order must hold. If a user has several windows, the others send what a killed one left
        waiting, while the next process in this window writes more. A user's only window sends the old messages
        first."""
        return self.name if self.is_alone else f"{self.name}, life {self.life}"

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    async def kill(self, how=signal.SIGKILL):
        """Ends it so that it can do nothing about it, or by a signal that it can handle."""
        self.is_end_expected = True
        self.ended_at = asyncio.get_running_loop().time()
        self.go_on()
        if how == signal.SIGHUP:
            self.hang_up()
        else:
            tell(self.process.pid, how)
        await self.collect()

    async def collect(self, within=15):
        deadline = asyncio.get_running_loop().time() + within
        while self.process.poll() is None and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.005)
        if self.process.poll() is None:
            self.ledger.defect(f"{self.name} does not end")
            tell(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.hang_up()
        self.is_stopped = False
        self.changed.set()

    def note_unexpected_end(self):
        if not self.is_end_expected:
            self.ended_at = asyncio.get_running_loop().time()
            self.ledger.defect(f"{self.name} ended by itself with {self.process.returncode}:\n{self.picture()}")

    def hang_up(self):
        if self.terminal is not None:
            asyncio.get_running_loop().remove_reader(self.terminal)
            os.close(self.terminal)
            self.terminal = None

    def stop(self):
        self.is_stopped = True
        tell(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        if self.is_stopped:
            self.went_on_at = asyncio.get_running_loop().time()
        self.is_stopped = False
        tell(self.process.pid, signal.SIGCONT)

    # MARK: The terminal

    def receive(self):
        try:
            data = os.read(self.terminal, 65536)
        except BlockingIOError:
            return
        except OSError as error:
            data = b""
            if error.errno != errno.EIO:
                raise
        if not data:
            asyncio.get_running_loop().remove_reader(self.terminal)
            self.changed.set()
            return
        self.screen.feed(data)
        self.read()
        self.changed.set()

    def write(self, text):
        if self.terminal is None:
            return
        try:
            os.write(self.terminal, text.encode())
        except OSError:
            pass  # the program has ended, which the next look at it shows

    def paste(self, text):
        self.write("\x1b[200~" + text.replace("\n", "\r") + "\x1b[201~")

    async def until(self, condition, timeout):
        """Waits for the screen; whether the condition came true in time."""
        deadline = asyncio.get_running_loop().time() + timeout
        while not condition():
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), min(left, 0.5))
            except asyncio.TimeoutError:
                pass
        return True

    # MARK: What is on the screen

    def read(self):
        """Finds the parts of the screen: header, rule, scrollback, rule, draft, counter line."""
        rows = self.screen.rows()
        rules = [index for index, row in enumerate(rows) if row.startswith(RULE)]
        self.header = rows[0]
        self.scrollback, self.draft, self.status = [], [], rows[-1]
        if len(rules) == 2:
            self.scrollback, self.draft = rows[rules[0] + 1:rules[1]], rows[rules[1] + 1:-1]
        self.shown = [token for row in self.scrollback for token in TOKEN.findall(row)]
        self.failed, self.delivered = [], []
        token = None
        for row in self.scrollback:
            token = (TOKEN.findall(row) or [token])[-1]
            if row.endswith("✗") and token is not None:
                self.failed.append(token)
            if row.endswith("✓✓") and token is not None:
                self.delivered.append(token)
        self.drafted = ["m" + token[1:] for row in self.draft for token in DRAFT_TOKEN.findall(row)]

    @property
    def is_online(self):
        return self.is_running and not self.is_stopped and "●" in self.header

    @property
    def shows_peer_online(self):
        return self.header.strip().startswith(f"{self.peer.title()} {ONLINE}")

    @property
    def is_draft_empty(self):
        return any(PLACEHOLDER in row for row in self.draft)

    @property
    def draft_length(self):
        match = re.search(r"(\d+)/500", self.status)
        return int(match[1]) if match else None

    def resend(self):
        """Presses the key that sends failed messages again. The user decides that, so these follow what was written
        later."""
        for token in self.failed:
            self.ledger.find(token).ordered = False
        self.write("\x18")

    @property
    def is_waiting(self):
        return any(row.endswith(" …") for row in self.scrollback)

    def picture(self):
        return "\n".join(row for row in self.screen.rows())
