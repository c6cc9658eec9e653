"""Measures durable messages per second and the time from sending to delivery, beside the disk's limit; and resuming."""
import json
import os
import statistics
import subprocess
import time

from disk import Log, most_syncs_per_second
from programs import chat_bench, chat_server, empty_folder, processor_seconds, test_program

# The number of senders, and of unconfirmed messages that each has in flight.
LOADS = [(1, 1), (16, 1), (256, 1), (256, 4)]
MISSED = 10_000
NO_LIMIT = ["--message-rate", "0"]


def one_run(programs, folder, senders, in_flight, seconds):
    """Runs one load on a server of its own. Right after it the disk is measured with the number of bytes that the
    server wrote for each fdatasync."""
    database = os.path.join(empty_folder(folder, "delivery"), "chat.sqlite")
    with chat_server(programs, database, *NO_LIMIT) as (server, port):
        log = Log(database)
        bench = subprocess.Popen(
            [test_program("chat-bench"), "delivery", "--port", port, "--senders", str(senders), "--in-flight",
             str(in_flight), "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True)
        counts = [count_at("measuring", bench, server, log)]
        samples = [sample for _ in range(2 * seconds - 1) for sample in sampled(log)]
        counts.append(count_at("measured", bench, server, log))
        result = json.loads(bench.stdout.readline())
        if bench.wait() != 0:
            raise SystemExit(f"{senders} senders: the measurement failed")
    commits, server_time, bench_time = (after - before for before, after in zip(*counts))
    size = round(statistics.median(size for size, _ in samples))
    syncs = commits / statistics.mean(commits for _, commits in samples) / seconds
    most_syncs = most_syncs_per_second(folder, size)
    messages = result["messages"]
    return {
        "messages/s": result["messagesPerSecond"],
        **{f"{name} ms": result["microseconds"][name] / 1000 for name in ("p50", "p99", "p99.9")},
        "in a sync": messages / seconds / syncs,
        "KiB a sync": size / 1024,
        "syncs/s": syncs,
        "disk's syncs/s": most_syncs,
        "disk's messages/s": most_syncs * messages / seconds / syncs,
        "of the disk's": syncs / most_syncs,
        "server µs": server_time / messages * 1e6,
        "load µs": bench_time / messages * 1e6,
    }


def count_at(line, bench, server, log):
    """Waits for a line of the load. Returns the number of commits so far, and the processor time of the server and
    of the load."""
    if bench.stdout.readline().strip() != line:
        raise SystemExit("the measurement failed")
    return log.commits(), processor_seconds(server.pid), processor_seconds(bench.pid)


def sampled(log):
    time.sleep(0.5)
    return log.syncs()


def deliveries(programs, folder, seconds, rounds):
    """Runs the loads in turn, several times, and returns the median of each number."""
    runs = {load: [] for load in LOADS}
    for _ in range(rounds):
        for load in LOADS:
            runs[load].append(one_run(programs, folder, *load, seconds))
    return [
        {"senders": senders, "in flight": in_flight, **medians(runs[senders, in_flight])}
        for senders, in_flight in LOADS]


def medians(runs):
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def fill(port, messages, last):
    """Lets the seller write to the buyer. `last` is the text of the last message."""
    chat_bench(
        "fill", "--port", port, "--messages", messages, "--from", "seller", "--to", "buyer", "--last", last)


def resuming(programs, folder):
    """Returns the milliseconds from `auth` to `resume_complete` for a device that missed everything."""
    database = os.path.join(empty_folder(folder, "resume"), "chat.sqlite")
    with chat_server(programs, database, *NO_LIMIT) as (_, port):
        fill(port, MISSED, "end")
        return chat_bench(
            "resume", "--port", port, "--user", "buyer", "--messages", MISSED, "--times", 7)["milliseconds"]
