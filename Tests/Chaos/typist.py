"""The person at a window. Types a message while the window is online, presses Enter, and checks that it was
accepted.

Only what a person can know counts. A message is sent when its line shows it as waiting or later. If the window was
killed before that, it may have been sent. Then it is in the draft of the next window, or it is looked for at the
end. After Enter it is never typed again.
"""
import asyncio
import signal

from window import CLEAR

LOST_FROM_SIGHT = 90
# The age of the draft's last key at which the draft must be on disk. The contract says one second.
DRAFT_AGE = 2.5


class Typist:
    def __init__(self, window, ledger, random, pace, tally, disk):
        self.window, self.ledger, self.random = window, ledger, random
        self.pace, self.tally, self.disk = pace, tally, disk
        self.message = None

    async def write(self):
        while await self.pace.next():
            single_line = self.random.random() < 0.3
            window = self.window
            self.message = self.ledger.begin(self.random, window.name, window.user, window.peer, single_line)
            await Delivery(self, self.message, by_keys=single_line).run()
            self.message = None
            await asyncio.sleep(self.random.uniform(0, 0.1))


class Delivery:
    """One message on its way from the keys to its line."""

    def __init__(self, typist, message, by_keys):
        self.typist, self.message, self.by_keys = typist, message, by_keys
        self.window, self.random, self.ledger = typist.window, typist.random, typist.ledger
        self.was_entered = False
        # When the draft showed all of it.
        self.drafted_at = None
        self.typed_in_life = None

    async def run(self):
        while not self.message.accepted and not self.message.unsure:
            await self.window.until(lambda: self.window.is_online and self.window.draft, 3600)
            if self.typed_in_life not in (None, self.window.life):
                await self.look_after_restart()
            elif self.is_shown:
                self.ledger.accept(self.message)
            elif self.is_drafted:
                await self.enter()
            elif self.typed_in_life is None:
                await self.type()
            else:
                await self.wait_for_line()

    @property
    def is_shown(self):
        return self.message.token in self.window.shown and not self.window.failed

    @property
    def is_drafted(self):
        """Whether the draft has all of it. A kill may have left only some of the keys."""
        return self.message.token in self.window.drafted and self.window.draft_length == length(self.message)

    # MARK: Typing

    async def type(self):
        if not self.window.is_draft_empty and not await self.clear_draft():
            return
        self.typed_in_life = self.window.life
        self.drafted_at = None
        if self.by_keys:
            for start in range(0, len(self.message.text), 7):
                if self.window.life != self.typed_in_life or not self.window.is_running:
                    return
                self.window.write(self.message.text[start:start + 7])
                await asyncio.sleep(0.001)
        else:
            self.window.paste(self.message.text)
        if self.random.random() < 0.03:
            await self.think()
        if self.window.life == self.typed_in_life:
            await self.enter()

    async def think(self):
        """A draft stands for a while; what was on screen is then on disk."""
        if await self.window.until(lambda: self.is_drafted or self.window.life != self.typed_in_life, 2):
            self.drafted_at = asyncio.get_running_loop().time()
            await asyncio.sleep(self.random.uniform(0.5, 4))

    async def clear_draft(self):
        """Sends what another window left here; takes away what cannot be a message."""
        life = self.window.life
        tokens = list(self.window.drafted)
        left = self.ledger.find(tokens[0]) if tokens else None
        if left is not None and not left.accepted and self.window.draft_length == length(left):
            left.ordered = False
            self.window.write("\r")
            await self.window.until(lambda: self.window.is_draft_empty or self.window.life != life, 5)
            if left.token in self.window.shown:
                self.ledger.accept(left)
        else:
            self.window.write(CLEAR)
            await self.window.until(lambda: self.window.is_draft_empty or self.window.life != life, 5)
        return self.window.is_draft_empty

    async def enter(self):
        life = self.window.life
        self.was_entered = True
        self.message.writer = self.window.writer
        self.window.write("\r")
        if self.random.random() < 1 / 100:
            await self.kill_at_once(life)
        await self.window.until(lambda: self.is_shown or self.window.life != life, 1)
        if self.is_drafted and self.drafted_at is None:
            self.drafted_at = asyncio.get_running_loop().time()

    async def kill_at_once(self, life):
        """-9 right after Enter."""
        await asyncio.sleep(self.random.choice([0, 0.002, 0.005, 0.01, 0.03]))
        if self.window.life == life and self.window.is_running:
            self.typist.tally["windows killed right after Enter"] += 1
            await self.window.kill(signal.SIGKILL)

    async def wait_for_line(self):
        """Neither in the draft nor a line yet: on its way to the disk, or refused by it."""
        window, life = self.window, self.window.life
        deadline = asyncio.get_running_loop().time() + LOST_FROM_SIGHT
        while not self.is_shown and not self.is_drafted and window.life == life:
            await window.until(lambda: self.is_shown or self.is_drafted or window.life != life, 2)
            if window.is_online and window.failed:
                self.typist.tally["sent again by key"] += len(window.failed)
                window.resend()
            if asyncio.get_running_loop().time() > deadline:
                self.ledger.defect(f"{window.name}: {self.message.token} is neither a line nor in the draft")
                self.ledger.doubt(self.message)
                return

    # MARK: After a kill

    async def look_after_restart(self):
        window, life = self.window, self.window.life
        await window.until(lambda: self.is_shown or self.is_drafted or window.life != life, 3)
        if window.life != life:
            return
        if self.is_drafted and self.message.token in window.shown:
            self.ledger.defect(f"{window.name}: {self.message.token} was sent and is still in the draft")
            await self.clear_draft()
            self.ledger.accept(self.message)
        elif self.is_shown:
            self.ledger.accept(self.message)
        elif self.is_drafted and window.draft_length == length(self.message):
            self.typed_in_life = life
        elif self.was_entered:
            self.ledger.doubt(self.message, was_kept=self.must_be_on_disk)
        elif self.must_be_on_disk:
            self.ledger.defect(f"{window.name}: {self.message.token} was in the draft, and is lost")
            self.ledger.doubt(self.message)
        else:
            self.typed_in_life = None

    @property
    def must_be_on_disk(self):
        """Unknown if another window may have taken over the draft."""
        window, disk = self.window, self.typist.disk
        if self.drafted_at is None or window.has_twin:
            return False
        since = max(self.drafted_at, window.went_on_at)
        return window.ended_at - since > DRAFT_AGE and disk.free_since < since - 10 and not disk.is_full


def length(message):
    """The number of characters that the program counts in the whole text."""
    text = message.text.replace("👨‍👩‍👧", "👪").replace("e\u0301", "é")
    return len(text)
