"""What the runs share: windows and devices that write while faults happen, and every place checked at the end."""
import argparse
import asyncio
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter

import disk
import evidence
import verdict
from devices import NewDevice, OldDevice
from judgement import Judgement
from ledger import Ledger
from proxy import Network
from typist import Typist
from window import Window

# Who has which windows. Windows of one user share the local store. anna has two on the same conversation; fedor has
# only one.
WINDOWS = [
    ("anna-1", "anna", "boris"), ("anna-2", "anna", "boris"), ("boris-1", "boris", "anna"),
    ("boris-2", "boris", "clara"), ("clara-1", "clara", "boris"),
    ("clara-2", "clara", "fedor"), ("fedor-1", "fedor", "clara"),
]
DEVICES = [
    (OldDevice, "dima-old", "dima", ["anna", "eva"]),
    (NewDevice, "eva-device", "eva", ["dima", "clara"]),
    (NewDevice, "boris-device", "boris", ["anna", "dima"]),
]
MESSAGES_A_SECOND = 25
START_SECONDS = 60
# How long nobody may get a message out while nothing is broken.
WRITE_SECONDS = 90
SETTLE_SECONDS = 150
# How long the parts of a run that failed may take to end.
END_SECONDS = 10
DISK_MEBIBYTES = 64


# After so long without a step of its own the run was stopped, and not slow.
STOP_SECONDS = 5


class Loop(asyncio.SelectorEventLoop):
    """Its time stands still while the whole run is stopped, as by SIGSTOP or with the machine, so that no limit passes
    meanwhile."""

    stopped, seen = 0, None

    def time(self):
        now = super().time()
        if self.seen is not None and now - self.seen > STOP_SECONDS:
            self.stopped += now - self.seen
        self.seen = now
        return now - self.stopped


class Pace:
    """Spreads the messages evenly over the time of the faults. Late ones follow as fast as possible."""

    def __init__(self, ledger, goal, seconds):
        self.ledger, self.goal, self.seconds = ledger, goal, seconds
        self.began = None

    def begin(self):
        self.began = asyncio.get_running_loop().time()

    @property
    def is_complete(self):
        return len(self.ledger.messages) - self.ledger.unsure >= self.goal

    def take(self):
        """Whether another message is due."""
        if self.began is None:
            return False
        due = self.goal * (asyncio.get_running_loop().time() - self.began) / (0.95 * self.seconds)
        return not self.is_complete and len(self.ledger.messages) < due + 1

    async def next(self):
        while not self.is_complete:
            if self.take():
                return True
            await asyncio.sleep(0.02)
        return False


class Run:
    """A subclass has the servers, and in `database` what they have stored, as `evidence` describes."""

    def __init__(self, programs, folder, options):
        self.programs, self.folder, self.options = programs, folder, options
        self.ledger, self.tally = Ledger(), Counter()
        self.logs = self.made("logs")
        self.client_disk = disk.Disk(self.made("clients"), DISK_MEBIBYTES)
        self.disks = [self.client_disk]
        # Between the clients and whatever they connect to.
        self.network = Network("clients", self.random("network"), self.tally)
        self.tasks = []

    # MARK: What a subclass has

    async def start_servers(self):
        raise NotImplementedError

    def make_weather(self):
        raise NotImplementedError

    @property
    def answering_ports(self):
        """The port of each server. All answer the same."""
        raise NotImplementedError

    async def end_servers(self):
        """By SIGTERM. Afterwards the database does not change."""
        raise NotImplementedError

    async def stop_servers(self):
        """However they are."""
        raise NotImplementedError

    def progress(self):
        """What to tell about the servers from time to time."""
        raise NotImplementedError

    # MARK: Parts

    def made(self, *path):
        folder = os.path.join(self.folder, *path)
        os.makedirs(folder, exist_ok=True)
        return folder

    def random(self, name):
        """Each part of the run has a generator of its own, so that the draws of one part do not change the others'."""
        return random.Random(f"{self.options.seed} {name}")

    def data_folder(self, user):
        return os.path.join(self.client_disk.folder, user)

    def environment(self, user):
        home = self.made("homes", user)
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "TERM": "xterm-256color", "HOME": home,
            "XDG_CONFIG_HOME": home + "/config", "XDG_STATE_HOME": home + "/state", "XDG_RUNTIME_DIR": home + "/run",
            "XDG_DATA_HOME": self.data_folder(user)}

    def make_window(self, name, user, peer):
        command = [
            os.path.join(self.programs, "chat-tui"), "--user", user, "--seller", peer, "--seller-name", peer.title(),
            "--url", f"ws://127.0.0.1:{self.network.port}", "--heartbeat-seconds", "3",
            "--log-file", os.path.join(self.logs, name + ".log")]
        window = Window(name, user, peer, command, self.environment(user), self.ledger)
        window.is_alone = sum(other[1] == user for other in WINDOWS) == 1
        window.has_twin = sum(other[1:] == (user, peer) for other in WINDOWS) > 1
        return window

    # MARK: Phases

    async def start(self):
        await self.network.start()
        await self.start_servers()
        self.windows = [self.make_window(*window) for window in WINDOWS]
        self.weather = self.make_weather()
        for window in self.windows:
            window.start()
        self.tasks.append(asyncio.create_task(self.weather.keep_windows()))
        for window in self.windows:
            if not await window.until(lambda: window.is_online, START_SECONDS):
                raise RuntimeError(f"{window.name} does not connect:\n{window.picture()}")
        # A device that has never connected has no position to resume from, so all connect before the first message.
        self.pace = Pace(self.ledger, self.options.messages, self.options.seconds)
        self.devices = [
            kind(name, user, peers, self.network, self.ledger, self.random(name), self.pace)
            for kind, name, user, peers in DEVICES]
        self.tasks += [asyncio.create_task(device.run()) for device in self.devices]
        async with asyncio.timeout(START_SECONDS):
            while not all(device.is_live for device in self.devices):
                await asyncio.sleep(0.05)
        if not self.client_disk.is_small:
            print("No disk of its own can be mounted here: no disk gets full in this run.", flush=True)

    async def storm(self):
        options = self.options
        typists = [
            Typist(window, self.ledger, self.random(window.name), self.pace, self.tally, self.client_disk)
            for window in self.windows]
        self.weather.begin()
        self.pace.begin()
        writing = [asyncio.create_task(typist.write()) for typist in typists]
        self.tasks += writing + [asyncio.create_task(self.tell_progress())]
        await asyncio.wait(writing, timeout=options.seconds)
        await self.weather.end()
        print("The weather is calm.", flush=True)
        late = await self.end_writing(writing)
        for task in writing:
            if task.done():
                task.result()
        if late:
            self.ledger.defect("not all messages could be written in time")
            for typist in typists:
                if typist.message is not None and not typist.message.accepted:
                    self.ledger.doubt(typist.message)
                    print(f"{typist.window.name}, with {typist.message}:\n{typist.window.picture()}", flush=True)
            for task in late:
                task.cancel()
        for device in self.devices:
            device.is_writing = False

    async def end_writing(self, writing):
        """Returns the tasks of those who do not get their messages out. A busy machine is slow, so as long as messages are
        sent it may take as long as it likes."""
        late = writing
        while late:
            sent = self.ledger.accepted
            _, late = await asyncio.wait(late, timeout=WRITE_SECONDS)
            if self.ledger.accepted == sent:
                break
        return late

    async def tell_progress(self):
        time = asyncio.get_running_loop().time
        began = time()
        while True:
            await asyncio.sleep(15)
            online = sum(window.is_online for window in self.windows)
            print(
                f"{time() - began:4.0f} s: {self.ledger.accepted} sent, {online} of {len(self.windows)} windows"
                f" online, {self.progress()}", flush=True)

    async def settle(self):
        """Waits until nothing waits any more, and everybody shows what the server has."""
        time = asyncio.get_running_loop().time
        deadline = time() + SETTLE_SECONDS
        while (reason := self.unsettled()) is not None:
            if time() > deadline:
                self.ledger.defect(f"it does not settle: {reason}")
                return
            await asyncio.sleep(0.5)

    def unsettled(self):
        messages = self.database.messages()
        gone = self.ledger.gone_tokens
        for window in self.windows:
            pair = {window.user, window.peer}
            order = [token for token in evidence.tokens(evidence.of_pair(messages, pair)) if token not in gone]
            shown = [token for token in window.shown if token not in gone]
            if not window.is_online:
                return f"{window.name} is not online"
            if not window.is_draft_empty:
                return f"{window.name} has something in its draft"
            if window.failed:
                window.resend()
                return f"{window.name} shows lines that failed"
            if window.is_waiting:
                return f"{window.name} shows lines that wait"
            if order and (not shown or shown != order[-len(shown):]):
                return f"{window.name} does not show the last messages"
        for device in self.devices:
            if device.message is not None or not device.is_live:
                return f"{device.name} is not done"
            if isinstance(device, NewDevice) and device.cursor != len(evidence.of_user(messages, device.user)):
                return f"{device.name} has not received everything"
        return None

    async def leave(self):
        """Everybody goes home, as people do."""
        self.save_screens()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for window in self.windows:
            window.is_end_expected = True
            window.write("\x04")
        for window in self.windows:
            await window.collect()
            if window.process.returncode != 0:
                self.ledger.defect(f"{window.name} left with {window.process.returncode}")

    def save_screens(self):
        for window in self.windows:
            window.last_shown = list(window.shown)
            with open(os.path.join(self.made("screens"), window.name + ".txt"), "w") as file:
                file.write(window.picture() + "\n")

    async def stop_everything(self):
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=END_SECONDS)
        for window in getattr(self, "windows", []):
            if window.is_running:
                await window.kill(signal.SIGKILL)
        await self.stop_servers()

    async def run(self):
        try:
            await self.start()
            await self.storm()
            await self.settle()
            await self.leave()
            judgement = Judgement(self)
            # In another thread, because what the servers need for their answers may come through networks of this one.
            await asyncio.to_thread(judgement.judge_answers)
            await self.end_servers()
            judgement.judge_places()
            return judgement
        except BaseException as error:
            # What follows may take long, or not end.
            print(f"! the run failed: {error!r}", flush=True)
            raise
        finally:
            await self.stop_everything()


async def interruptible(run):
    task = asyncio.current_task()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    return await run.run()


def main(kind, usage, add_options=None):
    """Runs `kind`, a class of runs, as the arguments say, and ends this program.

    - add_options: Adds the options that only this kind has.
    """
    parser = argparse.ArgumentParser(usage=usage)
    parser.add_argument("programs", type=os.path.abspath)
    parser.add_argument("folder", type=os.path.abspath)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--seed", type=int, default=None)
    if add_options is not None:
        add_options(parser)
    options = parser.parse_args()
    disk.enter_namespace()
    if options.seconds is None:
        options.seconds = max(25, options.messages / MESSAGES_A_SECOND)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {options.seed}", flush=True)
    verdict.self_test()
    shutil.rmtree(options.folder, ignore_errors=True)
    began = time.monotonic()
    run = kind(options.programs, options.folder, options)
    try:
        with asyncio.Runner(loop_factory=Loop) as runner:
            judgement = runner.run(interruptible(run))
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.exit(130)
    is_well = judgement.report(time.monotonic() - began)
    if is_well:
        for place in run.disks:
            place.unmount()
        shutil.rmtree(options.folder, ignore_errors=True)
    sys.exit(0 if is_well else 1)
