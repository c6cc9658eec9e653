#!/usr/bin/env python3
"""Real windows, a real server, and faults between them: no message may be lost, doubled or reordered.

    chaos.py PROGRAMS FOLDER [--messages N] [--seconds N] [--seed N]

PROGRAMS is the folder of a build. FOLDER gets logs, databases and screens, and is removed if the run succeeds. For
this many seconds, chat-tui in pseudo-terminals and raw clients write messages through a network that delays, cuts
and drops. Meanwhile programs are killed and stopped, and disks are full for a while. Then the faults end, and every
place is checked: the server's database and its answers, the clients' stores, the screens, and what devices received.

The last line is 'N sent, 0 lost, 0 duplicated, 0 reordered'. Exit code: 0 if that is so and nothing else was wrong.
"""
import os

import disk
import evidence
import run
from server import Server
from weather import ServerWeather


class ServerRun(run.Run):
    """One server with a database in a file."""

    def __init__(self, programs, folder, options):
        super().__init__(programs, folder, options)
        self.server_disk = disk.Disk(self.made("server"), run.DISK_MEBIBYTES)
        self.disks.append(self.server_disk)
        self.database = evidence.Database(os.path.join(self.server_disk.folder, "chat.sqlite"))
        self.server = Server(
            "chat-server", os.path.join(programs, "chat-server"), ["--store", f"sqlite:{self.database.path}"],
            self.environment("server"), os.path.join(self.logs, "chat-server.log"), self.network, self.ledger)

    async def start_servers(self):
        await self.server.start()

    def make_weather(self):
        return ServerWeather(
            self.server, self.server_disk, self.windows, self.network, self.client_disk, self.random("weather"),
            self.tally)

    @property
    def answering_ports(self):
        return [self.server.port]

    async def end_servers(self):
        await self.server.end_well()

    async def stop_servers(self):
        if self.server.is_running:
            await self.server.kill()

    def progress(self):
        return f"{self.tally['server killed'] + self.tally['server ended']} ends of the server"


if __name__ == "__main__":
    run.main(ServerRun, __doc__)
