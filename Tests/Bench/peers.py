#!/usr/bin/env python3
"""Measures chat-server beside servers of the same protocol on Deno, on node with ws, in C++ on uWebSockets, and in C.
They store each message in SQLite (WAL, synchronous=FULL, one transaction for all that came meanwhile) before they
answer. It also measures chat-server with a long history.

    peers.py PROGRAMS FOLDER [--seconds N] [--rounds N] [--messages N] [--connections N]

PROGRAMS is the folder of the release build. FOLDER, on the disk to be measured, gets databases, and the table as
`peers.md`. One database has 4 GiB and is kept for the next run. The server uses core 0, the load core 1.
Exit code: 1 if a message was lost, doubled, reordered, changed or misrouted, or if something could not be measured.
"""
import argparse
import datetime
import os
import platform
import resource
import statistics
import time

from filled import FEWEST, MISSED, copied, filled
from rounds import SQLITE, OURS, Round
from runtimes import peers


def micro(result):
    return f"{result['p50']:,.0f} / {result['p99']:,.0f}"


def milli(result):
    return f"{result['p50'] / 1000:,.2f} / {result['p99'] / 1000:,.2f}"


def with_longest(result):
    return f"{milli(result)} / {result['max'] / 1000:,.0f}"


def a_second(result):
    return f"{result['messagesPerSecond']:,.0f}"


def processor(result):
    return f"{result['serverMicroseconds']:.1f}"


def pairs_served(result):
    return f"{result['served']:,.0f}"


def kib(result):
    return f"{result['kibEach']:.1f}"


class Row:
    """A row of the table: what was measured, how it is formatted, and which numbers are compared with the peers' or
    with those of another row of ours."""

    def __init__(self, name, title, written, compared=(), beside=None, goal=""):
        self.name, self.title, self.written, self.compared = name, title, written, compared
        self.beside, self.goal = beside, goal

    def cells(self, rounds, peers):
        ours, *others = (self.median(rounds, server) for server in (OURS, *peers, SQLITE))
        if self.beside:
            row, of = self.beside
            ours += f" ({self.ratio(rounds, OURS, row)} of {of})"
            ratios = [""] * len(peers)
        else:
            ratios = [self.ratio(rounds, peer, self.name) for peer in peers]
        return [self.title, ours, *others, *ratios, self.goal]

    def median(self, rounds, server):
        results = [round[self.name].get(server) for round in rounds]
        if None in results:
            return ""
        return self.written({name: statistics.median(result[name] for result in results) for name in results[0]})

    def ratio(self, rounds, server, row):
        """The median of the ratios within each round. Numbers of two rounds are never compared, because the disk's
        speed drifts."""
        if server not in rounds[0][row]:
            return ""
        return " / ".join(
            f"{statistics.median(round[self.name][OURS][number] / round[row][server][number] for round in rounds):.2f}"
            for number in self.compared)


def table_rows(messages):
    times, speed = ("p50", "p99"), ("messagesPerSecond",)
    past, empty = f"{messages:,} messages in the database", "an empty one's"
    return [
        Row("one", "a single message to its delivery, p50 / p99 µs", micro, times, goal="≤ 1.4 / 2 × C++"),
        Row("one behind", "… right behind the load of the next row, p50 / p99 µs", micro, times),
        Row("busy", "durable messages/s, 32 pairs × 16 in flight", a_second, speed, goal="≥ 1.0 × Deno"),
        Row("many", "durable messages/s, 2,000 pairs × 1 in flight", a_second, speed, goal="≥ 1.0 × Deno"),
        Row("many", "… to the delivery, p50 / p99 / longest ms", with_longest, ("p50", "p99", "max")),
        Row("many", "… pairs of which a message came within those seconds", pairs_served),
        Row("processor", "processor time for a message at 32 × 16, µs", processor, ("serverMicroseconds",)),
        Row("protocol 2", "32 × 16 with protocol 2 on both sides, messages/s", a_second, speed,
            ("busy", "protocol 1's"), "≥ 0.8 × protocol 1's"),
        Row("filled", f"32 × 16 with {past}, messages/s", a_second, speed, ("busy", empty), "≥ 0.9 × an empty one's"),
        Row("filled", "… to the delivery, p50 / p99 ms", milli, times, ("busy", empty), "p99 ≤ 1.2 × an empty one's"),
        Row("filled, protocol 2", "… with protocol 2 on both sides, messages/s", a_second, speed, ("protocol 2", empty)),
        Row("page", "… a page of 200 out of 100,000, p50 / p99 ms", milli, goal="p99 ≤ 5 ms"),
        Row("page first", "… the same the first time, partly from the disk, p50 / p99 ms", milli),
        Row("page behind", "… the same right behind the loads above, p50 / p99 ms", milli),
        Row("list", "… the list of a user with 10,000 conversations, p50 / p99 ms", milli, goal="p99 ≤ 5 ms"),
        Row("resume", f"… resuming {MISSED:,} messages, p50 / p99 ms", milli, goal="≤ 200 ms"),
        Row("idle", "KiB for an idle connection", kib, ("kibEach",), goal="≤ 4.6"),
    ]


def markdown(cells):
    """Formats cells as a table. The first row is its head."""
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]) + "\n"


def all_rounds(options, commands):
    measured = Round(options.programs, options.folder, commands, options.seconds, options.connections)
    past = os.path.join(options.folder, "filled.sqlite")
    copied(filled(options.programs, options.folder, options.messages), past)
    try:
        for number in range(options.rounds):
            start = time.monotonic()
            yield {**measured.empty_databases(), **measured.filled_database(past)}
            print(f"Round {number + 1} of {options.rounds}: {time.monotonic() - start:.0f} s", flush=True)
    finally:
        for end in ("", "-wal", "-shm"):
            if os.path.exists(past + end):
                os.unlink(past + end)


def circumstances(options):
    """A line for below the table: the date, the machine and the settings of the measurement."""
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), model)
    return (f"{datetime.date.today()}, {os.cpu_count()} cores ({model}), {platform.system()}: medians of "
            f"{options.rounds} rounds with {options.seconds} s for each load; ratios are those within a round.\n")


def warn_of_others():
    """Warns of other busy programs. They take cores away, and from some servers more than from others."""
    if os.getloadavg()[0] > 0.5:
        print(f"Other programs are at work here (load average {os.getloadavg()[0]:.1f}): the figures say little.", flush=True)


def parsed_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=os.path.abspath)
    parser.add_argument("folder", type=os.path.abspath)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--connections", type=int, default=5000)
    options = parser.parse_args()
    if options.messages < FEWEST or options.messages % (10 * MISSED) or min(options.seconds, options.rounds) < 1:
        parser.error(f"--messages is a multiple of {10 * MISSED}, {FEWEST} at least; --seconds and --rounds are 1.")
    return options


def main():
    options = parsed_options()
    os.makedirs(options.folder, exist_ok=True)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))  # each of the servers' connections needs a descriptor
    commands, missing = peers(options.folder)
    warn_of_others()
    rounds = list(all_rounds(options, commands))
    head = ["", OURS, *commands, SQLITE, *(f"{OURS} ÷ {peer}" for peer in commands), "goal"]
    table = markdown([head, *(row.cells(rounds, commands) for row in table_rows(options.messages))])
    table += f"\n{circumstances(options)}"
    print(f"\n{table}")
    for peer, why in missing.items():
        print(f"{peer} is left out: {why}.")
    path = os.path.join(options.folder, "peers.md")
    with open(path, "w") as file:
        file.write(table)
    print(f"The table is in {path}.")


if __name__ == "__main__":
    main()
