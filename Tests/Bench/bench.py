#!/usr/bin/env python3
"""Measures the release builds on this machine: durable messages per second and delivery times beside the disk's own
limit, resuming, start-up, opening long local histories, switching between screens, and windows in a flood and idle.

    bench.py PROGRAMS FOLDER [--seconds N] [--rounds N] [--history MESSAGES] [--only delivery|screens|feel]

PROGRAMS is the folder of the release build. FOLDER, on the disk to be measured, gets databases.
Exit code: 1 if the long history opens too slowly or takes too much memory, or if something could not be measured.
"""
import argparse
import os
import sys

import delivery
import feel
import screens

# The limits for a long local history, from the requirements.
MOST_MILLISECONDS = 100
MOST_GROWTH = 1.1
MOST_MILLISECONDS_TO_A_LETTER = 16
LEAST_OF_A_FLOOD = 10_000


def table(rows):
    """Prints dictionaries with the same keys as a table."""
    cells = [list(rows[0])] + [[formatted(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    for row in cells:
        print("  ".join(cell.rjust(width) if cell[:1].isdigit() or row is cells[0] else cell.ljust(width)
                        for cell, width in zip(row, widths)))
    print(flush=True)


def formatted(value):
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else value


def print_deliveries(programs, folder, options):
    print(f"""\
Durable messages, {options.seconds} s a run, medians of {options.rounds} runs. The disk's own limit: how often in
a second it takes as many bytes as the server writes into SQLite's log until it syncs (read from the log: the frames up
to the end of a commit with messages), each time with fdatasync, the best quarter of a second right after each run;
times the messages in a sync. µs are processor time for a message.
""")
    table(delivery.deliveries(programs, folder, options.seconds, options.rounds))
    return True


def print_screens(programs, folder, options):
    """Prints whether a long history performs as well as a short one."""
    rows = {**screens.starting(programs, folder), **screens.typing(programs, folder)}
    rows[f"auth to resume_complete, {delivery.MISSED:,} missed messages"] = screens.milliseconds(
        milliseconds / 1000 for milliseconds in delivery.resuming(programs, folder))
    histories, memory = screens.histories(programs, folder, options.history)
    rows.update(histories)
    table([{"milliseconds": name, **row} for name, row in rows.items()])
    table([{"local messages": messages, "resident KiB": kib} for messages, kib in memory.items()])
    return check(rows, memory, options.history)


def print_feel(programs, folder, options):
    """Prints whether keys, floods and idle windows stay within their limits."""
    keys, load = feel.keys_under_load(programs, folder)
    taken = feel.flood(programs, folder)
    idle = feel.idle_window(programs, folder)
    table([{"milliseconds": name, **row} for name, row in keys.items()])
    for row in (load, taken, idle):
        table([row])
    slow = [name for name, row in keys.items() if row["p99"] > MOST_MILLISECONDS_TO_A_LETTER]
    for name in slow:
        print(f"{name}: more than {MOST_MILLISECONDS_TO_A_LETTER} ms in one of a hundred.")
    if taken["messages/s"] < LEAST_OF_A_FLOOD:
        print(f"A flood is taken in at fewer than {LEAST_OF_A_FLOOD:,} messages a second.")
    return not slow and taken["messages/s"] >= LEAST_OF_A_FLOOD


def check(rows, memory, long):
    opening = rows[f"chat-tui: exec to the paint of {long:,} local messages"]["median"]
    growth = memory[long] / memory[min(memory)]
    if opening > MOST_MILLISECONDS:
        print(f"The long history takes more than {MOST_MILLISECONDS} ms to open.")
    if growth > MOST_GROWTH:
        print(f"Memory grows with the history, to {growth:.2f} times.")
    return opening <= MOST_MILLISECONDS and growth <= MOST_GROWTH


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=os.path.abspath)
    parser.add_argument("folder", type=os.path.abspath)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["delivery", "screens", "feel"])
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    parts = {"delivery": print_deliveries, "screens": print_screens, "feel": print_feel}
    good = [part(options.programs, options.folder, options) for name, part in parts.items()
            if options.only in (None, name)]
    if not all(good):
        sys.exit(1)


if __name__ == "__main__":
    main()
