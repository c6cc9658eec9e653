"""The faults of a cluster, besides those of windows."""
import asyncio

from weather import Weather, pause, restore

# The name of a fault, and the average number of seconds between two. A drain is an end by SIGTERM.
NODES = {"killed": 15, "stopped": 45, "drained": 25}
POSTGRESQL_RESTARTED = 40
NATS_KILLED = 25
CUT = 7
STORM = 30
# The share of the time after which the replica takes over.
FAILOVER_AT = 0.75
# So many messages at least are lost by it, if they come within the seconds.
BEHIND, BEHIND_SECONDS = 40, 15


class ClusterWeather(Weather):
    def __init__(self, run, *others):
        super().__init__(*others)
        self.run, self.nodes, self.databases, self.nats = run, run.nodes, run.database, run.nats
        self.networks = [network for node in self.nodes for network in node.networks]
        self.failover = None

    def kinds(self):
        return super().kinds() + [
            self.strike_each(self.nodes, self.mean(NODES), self.strike_node),
            self.strike_each(self.networks, CUT, self.cut), self.strike_each(self.networks, STORM, self.storm),
            self.database_weather()] + ([self.nats_weather()] if self.nats is not None else [])

    async def end(self):
        if self.run.options.failover:
            if self.failover is None:
                self.failover = asyncio.create_task(self.fail_over())
            await self.failover
        await super().end()
        for network in self.networks:
            network.calm()
        if not self.databases.primary.is_running:
            await self.databases.start(self.databases.primary)
        if self.nats is not None:
            await self.nats.kill()
            await self.nats.start()
        for node in self.nodes:
            await restore(node)

    # MARK: Nodes

    async def strike_node(self, node):
        if node.note_unexpected_end():
            await node.start()
        what = self.draw(NODES)
        self.tally[f"nodes {what}"] += 1
        if what == "stopped":
            return await pause(node, self.random)
        if what == "killed":
            await node.kill()
        else:
            await node.end_well()
        # Sometimes for longer than others believe that it is alive.
        await asyncio.sleep(self.random.choice([self.random.uniform(0, 3), self.random.uniform(0, 3), 14]))
        await node.start()

    # MARK: Networks

    async def cut(self, network):
        await network.cut(self.random.choice([self.random.uniform(0.1, 2), self.random.uniform(3, 12)]))

    async def storm(self, network):
        """Its connections end, and those that are made meanwhile end one after the other."""
        self.tally[f"{network.name} stormy"] += 1
        network.is_stormy = True
        network.break_all()
        await asyncio.sleep(self.random.uniform(3, 10))
        network.calm()

    # MARK: PostgreSQL and NATS

    async def database_weather(self):
        loop = asyncio.get_running_loop()
        due = loop.time() + FAILOVER_AT * self.run.options.seconds if self.run.options.failover else float("inf")
        while True:
            await asyncio.sleep(min(self.random.expovariate(1 / POSTGRESQL_RESTARTED), max(0, due - loop.time())))
            if loop.time() >= due:
                due = float("inf")
                self.failover = asyncio.create_task(self.fail_over())
                await asyncio.shield(self.failover)
                continue
            self.tally["PostgreSQL restarted"] += 1
            await self.databases.restart(self.random.choice([0, self.random.uniform(0, 6)]))

    async def fail_over(self):
        """A replica that lacks the last commits takes over."""
        if not self.databases.primary.is_running:
            await self.databases.start(self.databases.primary)
        await self.databases.leave_replica_behind()
        deadline = asyncio.get_running_loop().time() + BEHIND_SECONDS
        while self.databases.behind() < BEHIND and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.2)
        for node in self.nodes:
            node.to_database.target = None
        gone = await self.databases.fail_over()
        await asyncio.sleep(self.random.uniform(0, 5))
        self.run.ledger.restore(gone)
        for node in self.nodes:
            node.to_database.target = self.databases.primary.port
        self.tasks.append(asyncio.create_task(self.look_at_windows()))

    async def look_at_windows(self):
        """What was lost is on the screens for a while. None may say that somebody received it who never did."""
        while True:
            for window in self.windows:
                if window.is_online:
                    self.run.ledger.look(window)
            await asyncio.sleep(0.5)

    async def nats_weather(self):
        while True:
            await self.wait_for(NATS_KILLED)
            self.tally["NATS killed"] += 1
            await self.nats.kill()
            await asyncio.sleep(self.random.uniform(0, 6))
            await self.nats.start()
