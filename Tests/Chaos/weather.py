"""The faults of programs, network and disks while messages are written. They come at random times until told to
stop."""
import asyncio
import signal

# The name of a fault, and the average number of seconds between two.
SERVER = {"killed": 12, "stopped": 40, "ended": 60, "disk full": 30}
WINDOWS = {"killed": 5, "stopped": 8, "hung up": 30, "disk full": 30}
NETWORK = {"all connections broken": 30}


async def restore(server):
    """It runs again, if it does not."""
    server.go_on()
    if not server.is_up:
        if server.is_running:
            await server.kill()
        await server.start()


async def pause(server, random):
    """Stops it for a while, sometimes for so long that clients give it up."""
    server.stop()
    await asyncio.sleep(random.choice([random.uniform(0.1, 2), random.uniform(8, 16)]))
    server.go_on()


class Weather:
    """The faults of the windows, of the network between them and the servers, and of their disk."""

    def __init__(self, windows, network, client_disk, random, tally):
        self.windows, self.network, self.client_disk = windows, network, client_disk
        self.random, self.tally = random, tally
        self.tasks = []

    def kinds(self):
        """Each goes on by itself until it is cancelled."""
        return [
            self.broken_network(), self.window_weather(),
            self.full_disk(self.client_disk, "clients' disk full", WINDOWS["disk full"])]

    def begin(self):
        self.network.is_stormy = True
        self.tasks = [asyncio.create_task(kind) for kind in self.kinds()]

    async def end(self):
        """All is as it should be again."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.network.calm()
        self.client_disk.free()
        for window in self.windows:
            if window.is_running:
                window.go_on()

    async def wait_for(self, mean):
        await asyncio.sleep(min(self.random.expovariate(1 / mean), 3 * mean))

    async def strike_each(self, things, mean, strike):
        """Strikes one of them from time to time, and none that is struck already. They have names."""
        struck = set()
        while True:
            await self.wait_for(mean)
            thing = self.random.choice(things)
            if thing.name not in struck:
                struck.add(thing.name)
                task = asyncio.create_task(strike(thing))
                task.add_done_callback(lambda _, name=thing.name: struck.discard(name))
                self.tasks.append(task)

    def draw(self, weights):
        names = [name for name in weights if name != "disk full"]
        return self.random.choices(names, [1 / weights[name] for name in names])[0]

    @staticmethod
    def mean(weights):
        return 1 / sum(1 / seconds for name, seconds in weights.items() if name != "disk full")

    async def broken_network(self):
        while True:
            await self.wait_for(NETWORK["all connections broken"])
            self.tally["all connections broken"] += 1
            self.network.break_all()

    # MARK: The windows

    async def window_weather(self):
        await self.strike_each(self.windows, self.mean(WINDOWS), self.strike_window)

    async def strike_window(self, window):
        what = self.draw(WINDOWS)
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


class ServerWeather(Weather):
    """One server has faults, too, and its disk."""

    def __init__(self, server, server_disk, *others):
        super().__init__(*others)
        self.server, self.server_disk = server, server_disk

    def kinds(self):
        return super().kinds() + [
            self.server_weather(), self.full_disk(self.server_disk, "server's disk full", SERVER["disk full"])]

    async def end(self):
        await super().end()
        self.server_disk.free()
        await restore(self.server)

    async def server_weather(self):
        while True:
            await self.wait_for(self.mean(SERVER))
            if self.server.note_unexpected_end():
                await self.server.start()
            what = self.draw(SERVER)
            self.tally[f"server {what}"] += 1
            if what == "stopped":
                await pause(self.server, self.random)
                continue
            if what == "killed":
                await self.server.kill()
            else:
                await self.server.end_well()
            await asyncio.sleep(self.random.uniform(0, 3))
            await self.server.start()
