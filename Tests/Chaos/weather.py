"""The faults of programs, network and disks while messages are written. They come at random times until told to
stop."""
import asyncio
import signal

# The name of a fault, and the average number of seconds between two.
SERVER = {"killed": 12, "stopped": 40, "ended": 60, "disk full": 30}
WINDOWS = {"killed": 5, "stopped": 8, "hung up": 30, "disk full": 30}
NETWORK = {"all connections broken": 30}


class Weather:
    def __init__(self, server, windows, network, server_disk, client_disk, random, tally):
        self.server, self.windows, self.network = server, windows, network
        self.server_disk, self.client_disk = server_disk, client_disk
        self.random, self.tally = random, tally
        self.tasks = []

    def begin(self):
        self.network.is_stormy = True
        self.tasks = [asyncio.create_task(task) for task in (
            self.server_weather(), self.broken_network(), self.window_weather(),
            self.full_disk(self.server_disk, "server's disk full", SERVER["disk full"]),
            self.full_disk(self.client_disk, "clients' disk full", WINDOWS["disk full"]))]

    async def end(self):
        """All is as it should be again."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.network.calm()
        for disk in (self.server_disk, self.client_disk):
            disk.free()
        self.server.go_on()
        if not self.server.is_up:
            await self.server.kill()
            await self.server.start()
        for window in self.windows:
            if window.is_running:
                window.go_on()

    async def wait_for(self, mean):
        await asyncio.sleep(min(self.random.expovariate(1 / mean), 3 * mean))

    def draw(self, weights):
        names = [name for name in weights if name != "disk full"]
        return self.random.choices(names, [1 / weights[name] for name in names])[0]

    @staticmethod
    def mean(weights):
        return 1 / sum(1 / seconds for name, seconds in weights.items() if name != "disk full")

    # MARK: The server

    async def server_weather(self):
        while True:
            await self.wait_for(self.mean(SERVER))
            if self.server.note_unexpected_end():
                await self.server.start()
            what = self.draw(SERVER)
            self.tally[f"server {what}"] += 1
            if what == "stopped":
                self.server.stop()
                await asyncio.sleep(self.random.choice([self.random.uniform(0.1, 2), self.random.uniform(8, 16)]))
                self.server.go_on()
                continue
            if what == "killed":
                await self.server.kill()
            elif not await self.server.end():
                self.server.ledger.defect("chat-server did not leave with 0 on SIGTERM")
            await asyncio.sleep(self.random.uniform(0, 3))
            await self.server.start()

    async def broken_network(self):
        while True:
            await self.wait_for(NETWORK["all connections broken"])
            self.tally["all connections broken"] += 1
            self.network.break_all()

    # MARK: The windows

    async def window_weather(self):
        running = set()
        while True:
            await self.wait_for(self.mean(WINDOWS))
            window = self.random.choice(self.windows)
            if window.name not in running:
                running.add(window.name)
                task = asyncio.create_task(self.strike(window, self.draw(WINDOWS)))
                task.add_done_callback(lambda _, name=window.name: running.discard(name))
                self.tasks.append(task)

    async def strike(self, window, what):
        if not window.is_running:
            return
        self.tally[f"windows {what}"] += 1
        if what == "stopped":
            window.stop()
            await asyncio.sleep(self.random.choice([self.random.uniform(0.1, 2), self.random.uniform(5, 15)]))
            if window.is_stopped:
                window.go_on()
            return
        await window.kill(signal.SIGHUP if what == "hung up" else signal.SIGKILL)

    async def keep_windows(self):
        """Starts again what was killed, by whomever."""
        while True:
            for window in self.windows:
                if not window.is_running:
                    window.note_unexpected_end()
                    await asyncio.sleep(self.random.uniform(0, 0.5))
                    await self.restart(window)
            await asyncio.sleep(0.1)

    async def restart(self, window):
        if window.terminal is not None:
            await window.collect()
        window.start()

    # MARK: The disks

    async def full_disk(self, disk, name, mean):
        while disk.is_small:
            await self.wait_for(mean)
            self.tally[name] += 1
            disk.fill()
            await asyncio.sleep(self.random.uniform(1, 6))
            disk.free()
