"""The network between two kinds of programs: a TCP proxy on loopback that treats connections as real networks do.

While it is stormy, each new connection gets a delay and an end: one of `ENDS`, after some time or some bytes. A cut hits
all connections at once, and ends.
"""
import asyncio
import socket
import struct

# The name of an end, and its relative frequency.
ENDS = {
    "closed": 3,  # both sides are told, after the bytes that were on their way
    "cut in a frame": 5,  # only a part of the next piece arrives, then both sides are told
    "reset": 3,
    "black hole": 2,  # nothing arrives any more, and nobody is told
    "stalled": 3,  # everything arrives, but much later, when the client has given up
    "half-open, server's side": 2,  # the client is told, the server is not
    "half-open, client's side": 2,
    "slow trickle": 3,  # a few bytes at a time, then cut
}
# Ends before the connection has begun.
STILLBORN = {"refused": 3, "accepted and silent": 1}
STILLBORN_SHARE = 0.12
# What a cut does to all connections for a while.
CUTS = {
    "refused": 2,  # both sides are told, and nobody gets a new connection
    "silent": 2,  # nothing arrives any more, and nobody is told before the cut ends
    "held up": 3,  # everything arrives after the cut
}


def pick(random, weights):
    return random.choices(list(weights), list(weights.values()))[0]


def reset(writer):
    """Ends a connection with RST."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Network:
    """- name: What is on its two sides, for the report.
    """

    def __init__(self, name, random, tally):
        self.name, self.random, self.tally = name, random, tally
        # The port behind it; None while there is none.
        self.target = None
        self.is_stormy = False
        # A name in `CUTS`.
        self.cut_by = None
        self.links = set()

    async def start(self):
        self.listener = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.listener.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        link = Link(self, reader, writer)
        self.links.add(link)
        try:
            await link.run()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.links.discard(link)
            link.end()

    def break_all(self):
        """Ends every connection at once."""
        for link in list(self.links):
            link.end()

    async def cut(self, seconds):
        self.cut_by = pick(self.random, CUTS)
        self.tally[f"{self.name} {self.cut_by}"] += 1
        for link in list(self.links):
            link.be_cut_off()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.cut_by = None
            for link in list(self.links):
                link.be_joined()

    def calm(self):
        self.is_stormy = False
        self.break_all()


class Link:
    """A client's connection, and the one to the server behind it."""

    def __init__(self, network, reader, writer):
        self.network, self.random = network, network.random
        self.client = (reader, writer)
        self.server = None
        self.tasks = []
        self.flows = asyncio.Event()
        self.flows.set()
        self.is_swallowing = self.is_cutting = self.is_trickling = False
        # Either side may never learn that the other has gone.
        self.is_silent_at_end = False
        self.is_lost = self.is_held_up = False
        storm = network.is_stormy
        self.delay = self.random.choice([0, 0, 0.002, 0.01, 0.05, 0.2]) if storm else 0
        self.stillborn = storm and self.random.random() < STILLBORN_SHARE
        self.bytes_left = self.random.choice([None, None, self.random.randrange(20_000)]) if storm else None
        self.life = self.random.choice([self.random.uniform(0, 3), self.random.expovariate(1 / 15)]) if storm else None
        self.doom = asyncio.Event()

    async def run(self):
        if self.stillborn:
            return await self.never_begin()
        if self.network.target is None or self.network.cut_by == "refused":
            return reset(self.client[1])
        self.be_cut_off()
        try:
            self.server = await asyncio.open_connection("127.0.0.1", self.network.target)
        except OSError:
            return reset(self.client[1])
        pumps = [asyncio.create_task(self.pump(self.client[0], self.server[1])),
                 asyncio.create_task(self.pump(self.server[0], self.client[1]))]
        self.tasks = pumps + [asyncio.create_task(self.meet_doom())]
        await asyncio.wait(self.tasks, return_when=asyncio.ALL_COMPLETED)

    async def never_begin(self):
        end = pick(self.random, STILLBORN)
        self.network.tally[end] += 1
        if end == "accepted and silent":
            await asyncio.sleep(self.random.uniform(1, 20))
        reset(self.client[1])

    def end(self):
        for task in self.tasks:
            task.cancel()
        for side in (self.client, self.server):
            if side is not None:
                reset(side[1])

    # MARK: Bytes

    async def pump(self, reader, writer):
        try:
            while data := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(self.random.uniform(0, 2) * self.delay)
                await self.flows.wait()
                if self.is_swallowing:
                    continue
                if self.bytes_left is not None:
                    self.bytes_left -= len(data)
                    if self.bytes_left < 0:
                        self.doom.set()
                if self.is_cutting:
                    return await self.cut(data, writer)
                await self.send(data, writer)
        except OSError:
            pass
        await self.flows.wait()
        if self.is_silent_at_end:
            return
        writer.close()
        # The other direction ends soon, too: neither program uses half a connection.
        await asyncio.sleep(1)
        self.end()

    async def send(self, data, writer):
        if not self.is_trickling:
            writer.write(data)
            return await writer.drain()
        while data and self.is_trickling:
            size = self.random.randint(1, 24)
            writer.write(data[:size])
            await writer.drain()
            data = data[size:]
            await asyncio.sleep(self.random.uniform(0, 0.02))
        writer.write(data)
        await writer.drain()

    async def cut(self, data, writer):
        writer.write(data[:self.random.randrange(len(data))])
        await writer.drain()
        if self.random.random() < 0.5:
            self.client[1].close()
            self.server[1].close()
            await asyncio.sleep(1)
        self.end()

    # MARK: Cuts

    def be_cut_off(self):
        cut = self.network.cut_by
        if cut == "refused":
            self.end()
        elif cut == "silent":
            self.is_swallowing = self.is_silent_at_end = self.is_lost = True
        elif cut == "held up":
            self.is_held_up = True
            self.flows.clear()

    def be_joined(self):
        """What was lost on the way cannot come any more."""
        if self.is_lost:
            self.end()
        elif self.is_held_up:
            self.is_held_up = False
            self.flows.set()

    # MARK: Ends

    async def meet_doom(self):
        if self.life is None:
            return
        try:
            await asyncio.wait_for(self.doom.wait(), self.life)
        except asyncio.TimeoutError:
            pass
        end = pick(self.random, ENDS)
        self.network.tally[end] += 1
        await getattr(self, "be_" + end.split(",")[0].replace(" ", "_").replace("-", "_"))(end)

    async def be_closed(self, _):
        self.client[1].close()
        self.server[1].close()
        await asyncio.sleep(1)
        self.end()

    async def be_reset(self, _):
        self.end()

    async def be_cut_in_a_frame(self, _):
        self.is_cutting = True

    async def be_black_hole(self, _):
        self.is_swallowing = self.is_silent_at_end = True
        await asyncio.sleep(self.random.uniform(5, 40))
        self.end()

    async def be_stalled(self, _):
        self.flows.clear()
        await asyncio.sleep(self.random.choice([self.random.uniform(0.5, 4), self.random.uniform(8, 20)]))
        self.flows.set()
        await asyncio.sleep(self.random.uniform(0, 10))
        self.is_cutting = True

    async def be_half_open(self, end):
        told, other = (self.client, self.server) if end.endswith("server's side") else (self.server, self.client)
        self.is_swallowing = self.is_silent_at_end = True
        reset(told[1])
        await asyncio.sleep(self.random.uniform(5, 30))
        reset(other[1])

    async def be_slow_trickle(self, _):
        self.is_trickling = True
        await asyncio.sleep(self.random.uniform(1, 6))
        self.is_trickling = False
        self.is_cutting = True
