#!/usr/bin/env python3
"""Real windows, three real servers behind nginx, and faults between everything: no message may be lost, doubled or
reordered.

    cluster.py PROGRAMS FOLDER [--bus nats|notify] [--no-failover] [--messages N] [--seconds N] [--seed N]

As chaos.py, but with three nodes on one PostgreSQL, and NATS or PostgreSQL's NOTIFY between them. Windows and devices
come to another node whenever they connect again. Nodes are killed, stopped and drained, PostgreSQL and NATS fail and
come back, and the networks between each two of them are cut. Late in the run a replica that lacks the last commits
takes the primary's place. What it lacks is read from both databases; only these messages need not be there at the end.

The last line is 'N sent, 0 lost, 0 duplicated, 0 reordered'. Exit code: 0 if that is so and nothing else was wrong.
"""
import asyncio
import os
import re

import run
from clusterweather import ClusterWeather
from databases import Databases, migrate
from devices import get
from nodes import NATS, Nginx, Node

NODES = ["node-1", "node-2", "node-3"]
# Nodes are alive to each other for 10 s after they were heard, and say that they are every few seconds.
MEET_SECONDS = 20


class ClusterRun(run.Run):
    def __init__(self, programs, folder, options):
        super().__init__(programs, folder, options)
        self.database = Databases(self.made("postgresql"))
        has_nats = options.bus == "nats"
        self.nats = NATS(os.path.join(self.logs, "nats.log")) if has_nats else None
        self.nginx = Nginx(self.made("nginx"))
        self.nodes = [Node(name, self, has_nats) for name in NODES]

    async def start_servers(self):
        self.database.make(migrate(os.path.join(self.programs, "chat-server")))
        if self.nats is not None:
            await self.nats.start()
        for node in self.nodes:
            await node.begin(self.database.primary.port, self.nats.port if self.nats else None)
        await self.nginx.start([node.front.port for node in self.nodes])
        self.network.target = self.nginx.port

    def make_weather(self):
        return ClusterWeather(
            self, self.windows, self.network, self.client_disk, self.random("weather"), self.tally)

    async def settle(self):
        await super().settle()
        time = asyncio.get_running_loop().time
        deadline = time() + MEET_SECONDS
        while (reason := await asyncio.to_thread(self.apart)) is not None:
            if time() > deadline:
                self.ledger.defect(f"the nodes do not come together: {reason}")
                return
            await asyncio.sleep(0.5)

    def apart(self):
        """Whether a node is not ready or does not hear the others, or a user does not see that another one is there."""
        for node in self.nodes:
            try:
                get(node.port, "/readyz")
            except OSError as error:
                return f"{node.name}: {error}"
            heard = re.search(r"(?m)^chat_server_nodes (\d+)$", get(node.port, "/metrics"))
            if heard is None or int(heard[1]) != len(self.nodes) - 1:
                return f"{node.name} hears {heard and heard[1]} others"
        for window in self.windows:
            if not window.shows_peer_online:
                return f"{window.name} does not show that {window.peer} is online: {window.header.strip()}"
        return None

    @property
    def answering_ports(self):
        return [node.port for node in self.nodes]

    async def end_servers(self):
        for node in self.nodes:
            await node.end_well()

    async def stop_servers(self):
        for node in self.nodes:
            if node.is_running:
                await node.kill()
        await self.nginx.end()
        if self.nats is not None:
            await self.nats.kill()
        self.database.stop()

    def progress(self):
        tally = self.tally
        return (
            f"{tally['nodes killed'] + tally['nodes drained']} ends of nodes, {tally['PostgreSQL restarted']} of PostgreSQL,"
            f" {tally['NATS killed']} of NATS")


def add_options(parser):
    parser.add_argument("--bus", choices=["nats", "notify"], default="nats")
    parser.add_argument("--no-failover", dest="failover", action="store_false")


if __name__ == "__main__":
    run.main(ClusterRun, __doc__, add_options)
