#!/usr/bin/env python3
"""Measures chat-server on PostgreSQL beside SQLite: one node, and two that write to each other's users.

    cluster.py PROGRAMS FOLDER NATS [--seconds N] [--rounds N] [--connections N]

PROGRAMS is the folder of a release build with the trait Cluster, NATS the program nats-server. The nodes, PostgreSQL and
NATS share core 0, and the load has core 1, so two nodes show what they cost and not what they carry. All confirm a
message when the disk has it. FOLDER, on the disk to be measured, gets the databases, and the table as `cluster.md`.
"""
import argparse
import contextlib
import http.client
import os
import resource
import statistics
import subprocess

import load
from pages import get
from peers import a_second, circumstances, kib, markdown, milli, processor, warn_of_others
from postgresql import PostgreSQL
from programs import chat_server_command, empty_folder
from rounds import ALONE_ON_ITS_WAY, BUSY, NO_LIMITS

SQLITE, ONE = "SQLite", "one node"
OVER_NOTIFY, OVER_NATS = "two nodes, NOTIFY", "two nodes, NATS"
LAYOUTS = (SQLITE, ONE, OVER_NOTIFY, OVER_NATS)
RESUMED = 10_000


@contextlib.contextmanager
def database(folder):
    """A PostgreSQL of its own on the servers' core, with the schema."""
    with contextlib.ExitStack() as stack:
        core = {load.SERVER_CORE}
        server = stack.enter_context(PostgreSQL(folder, preparation=lambda: os.sched_setaffinity(0, core)))
        server.query("CREATE DATABASE chat")
        yield server


@contextlib.contextmanager
def nats(program):
    """A NATS server on a free port."""
    process = subprocess.Popen(
        load.on_core(load.SERVER_CORE, [program, "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", "/tmp"]),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if "client connections on" in line:
                yield line.split()[-1]
                break
    finally:
        process.terminate()
        process.wait()


class Figures:
    def __init__(self, options):
        self.options = options
        self.load = load.built(options.folder)

    @contextlib.contextmanager
    def servers(self, layout):
        """Yields the first server's process, and the ports of all."""
        folder = empty_folder(self.options.folder, "cluster")
        with contextlib.ExitStack() as stack:
            if layout == SQLITE:
                command = chat_server_command(self.options.programs, os.path.join(folder, "chat.sqlite"), *NO_LIMITS)
                process, port = stack.enter_context(load.under_load(command))
                yield process, [port]
                return
            postgres = stack.enter_context(database(os.path.join(folder, "postgres")))
            address = f"postgres:///chat?host={postgres.folder}&user="
            subprocess.run([f"{self.options.programs}/chat-server", "migrate", "--store", address + "owner"], check=True,
                           stdout=subprocess.DEVNULL)
            bus = ["--bus", f"nats://{stack.enter_context(nats(self.options.nats))}"] if layout == OVER_NATS else []
            command = [
                self.options.programs + "/chat-server", "--port", "0", "--no-unix", "--log-level", "error", "--store",
                address + "chat_server", *bus, *NO_LIMITS]
            nodes = [
                stack.enter_context(load.under_load(command)) for _ in range(1 if layout == ONE else 2)]
            yield nodes[0][0], [port for _, port in nodes]

    def measure(self, layout):
        """Returns the results by row."""
        with self.servers(layout) as (process, ports):
            def delivery(**options):
                if len(ports) > 1:
                    options["other-port"] = ports[1]
                return load.run(self.load, "delivery", ports[0], process, seconds=self.options.seconds, **options)

            results = {}
            if layout in (SQLITE, ONE):
                results["idle"] = load.run(
                    self.load, "idle", ports[0], process, connections=self.options.connections, protocol=2)
            results["one"] = delivery(**ALONE_ON_ITS_WAY)
            results["busy"] = delivery(**BUSY)
            results["protocol 2"] = delivery(**BUSY, protocol=2)
            if layout in (SQLITE, ONE):
                results["resume"] = self.resume(ports[0], process, delivery)
            return results

    def resume(self, port, process, delivery):
        """How long a device takes that missed everything. The time is that of 10,000 messages."""
        # The loads have written to this user; the server knows how much.
        while (length := feed_length(port)) < RESUMED:
            delivery(pairs=1, window=64)
        result = load.run(self.load, "resume", port, process, user="u1", messages=length)
        return {name: result[name] * RESUMED / length for name in ("p50", "p99")}


def feed_length(port):
    page, _ = get(http.client.HTTPConnection("127.0.0.1", int(port)), "/messages", userId="u1", otherUserId="u0", limit=1)
    return page["messages"][-1]["cursor"]


ROWS = [
    ("one", "a single message to its delivery, p50 / p99 ms", milli, ("p50", "p99")),
    ("busy", "durable messages/s, 32 pairs × 16 in flight", a_second, ("messagesPerSecond",)),
    ("busy", "… to the delivery, p50 / p99 ms", milli, ("p50", "p99")),
    ("busy", "… processor time of the first node for a message, µs", processor, ("serverMicroseconds",)),
    ("protocol 2", "… with protocol 2 on both sides", a_second, ("messagesPerSecond",)),
    ("resume", "resuming 10,000 messages, p50 / p99 ms", milli, ("p50", "p99")),
    ("idle", "KiB for an idle connection", kib, ("kibEach",)),
]


def table(rounds):
    """The medians, and the ratios to SQLite within each round; for two nodes those to one node as well."""
    def cell(layout, row, written, compared):
        if row not in rounds[0][layout]:
            return ""
        results = [round[layout][row] for round in rounds]
        text = written({name: statistics.median(result[name] for result in results) for name in results[0]})
        beside = [SQLITE] if layout == ONE else [SQLITE, ONE] if layout != SQLITE else []
        for other in beside:
            text += f"; {ratios(rounds, layout, other, row, compared)} × {other}"
        return text

    return markdown([["", *LAYOUTS]] + [
        [title, *(cell(layout, row, written, compared) for layout in LAYOUTS)] for row, title, written, compared in ROWS])


def ratios(rounds, layout, other, row, compared):
    return " / ".join(
        f"{statistics.median(round[layout][row][name] / round[other][row][name] for round in rounds):.2f}"
        for name in compared)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=os.path.abspath)
    parser.add_argument("folder", type=os.path.abspath)
    parser.add_argument("nats")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=5000)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))  # each of the servers' connections needs a descriptor
    warn_of_others()
    figures = Figures(options)
    rounds = [{layout: figures.measure(layout) for layout in LAYOUTS} for _ in range(options.rounds)]
    result = f"{table(rounds)}\n{circumstances(options)}"
    print(f"\n{result}")
    with open(os.path.join(options.folder, "cluster.md"), "w") as file:
        file.write(result)


if __name__ == "__main__":
    main()
