#!/usr/bin/env python3
"""Every attack at once against a running server, while honest users write to each other.

    hostile.py PROGRAMS FOLDER [--seconds N] [--connections N]

PROGRAMS is the folder of a build. FOLDER gets the server's log. The database is in memory if the system has a folder
there, because other programs use the disk, and `make bench` measures that. Slow handshakes, thousands of silent
connections, deep JSON, giant frames, endless messages and a flood from one user come from a process of their own. It
yields the processor to the server, because real attackers are on other machines.

Exit code: 0 if 99 of 100 honest messages arrived within 100 ms, none was lost, the server's memory stayed within its
limit, /status always answered, and every limit that was reached is counted.
"""
import argparse
import asyncio
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "Chaos")]

from process import die_with_parent  # noqa: E402
from websocket import Closed, WebSocket  # noqa: E402

SLOWEST = 0.100
MEBIBYTES = 128
PAIRS = 5
# Less than a user may send at once, so that no limit applies.
MESSAGES_EACH = 55
ADDRESS_CONNECTIONS = 50


class Server:
    def __init__(self, programs, folder, database):
        self.log = open(os.path.join(folder, "server.log"), "w")
        self.process = subprocess.Popen(
            [os.path.join(programs, "chat-server"), "--port", "0", "--no-unix", "--store",
             "sqlite:" + os.path.join(database, "chat.sqlite"), "--log-level", "notice",
             # The header sets an address. Loopback itself has no limits by address.
             "--trusted-proxy", "127.0.0.1", "--insecure-allow-remote",
             "--address-connections", str(ADDRESS_CONNECTIONS)],
            stdout=subprocess.PIPE, stderr=self.log, text=True, preexec_fn=die_with_parent)
        line = self.process.stdout.readline()
        listening = re.search(r"listening on \S+:(\d+)$", line)
        if listening is None:
            sys.exit(f"the server does not listen: {line}")
        self.port = int(listening[1])

    def memory(self, which="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(which + r":\s+(\d+)", status.read())[1]) / 1024

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def metrics(self):
        lines = [line.rsplit(" ", 1) for line in self.get("/metrics").splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def end(self):
        self.process.terminate()
        return self.process.wait(timeout=30)


class Pair:
    """Two honest users. `times` are the delivery times of the messages."""

    def __init__(self, port, number, seconds):
        self.port, self.users, self.seconds = port, (f"anna{number}", f"boris{number}"), seconds
        self.times, self.sent = [], {}

    async def run(self):
        sockets = []
        for user in self.users:
            socket = await WebSocket.connect(self.port)
            await socket.send({"type": "auth", "userId": user, "protocol": 2})
            sockets.append(socket)
        await asyncio.gather(*(self.read(socket) for socket in sockets), *(
            self.write(socket, user, peer) for socket, user, peer in zip(sockets, self.users, self.users[::-1])))
        for socket in sockets:
            socket.close()

    async def write(self, socket, user, peer):
        pause = self.seconds / (MESSAGES_EACH + 1)
        await asyncio.sleep(random.uniform(0, pause))  # not all at the same time
        for number in range(MESSAGES_EACH):
            await asyncio.sleep(pause)
            text = f"{user} {number}"
            self.sent[text] = time.perf_counter()
            await socket.send({"type": "message", "senderId": user, "receiverId": peer, "messageText": text})

    async def read(self, socket):
        waiting = MESSAGES_EACH
        while waiting:
            event = await socket.receive(within=self.seconds + 20)
            if event is None or event["type"] == "error":
                raise Closed(f"an honest user was told {event}")
            if event["type"] == "new_message":
                self.times.append(time.perf_counter() - self.sent[event["message"]["message_text"]])
                waiting -= 1


async def watch(server, seen):
    """Asks for /status and looks at the memory, twice a second."""
    while True:
        start = time.perf_counter()
        try:
            await asyncio.to_thread(server.get, "/status")
            seen["status"].append(time.perf_counter() - start)
        except OSError as error:
            seen["failed"].append(str(error))
        await asyncio.sleep(0.5)


async def upgrades(port, address, count):
    """How many of so many upgrades at once from an address are let in; they stay until the end."""
    answers, sockets = [], []
    for _ in range(count):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sockets.append(writer)
        writer.write((
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {address}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        ).encode())
        answers.append(int((await reader.readline()).split()[1]))
    return answers, sockets


async def addresses(port, defect):
    """The limits by address, as a proxy that is trusted tells it."""
    first, sockets = await upgrades(port, "198.51.100.7", ADDRESS_CONNECTIONS + 10)
    if first != [101] * ADDRESS_CONNECTIONS + [429] * 10:
        defect(f"an address with too many connections was answered {first[-12:]}")
    network, more = await upgrades(port, "2001:db8::1", ADDRESS_CONNECTIONS)
    rest, most = await upgrades(port, "2001:db8::ffff:1", 1)
    if set(network) != {101} or rest != [429]:
        defect("an IPv6 network is not counted as one")
    for writer in sockets + more + most:
        writer.close()
    await asyncio.sleep(0.5)
    burst = (await upgrades(port, "198.51.100.7", 1))[0]
    for _ in range(5):
        answers, sockets = await upgrades(port, "198.51.100.8", ADDRESS_CONNECTIONS)
        burst += answers
        for writer in sockets:
            writer.close()
        await asyncio.sleep(0.3)
    if burst[0] != 101 or 429 not in burst[200:]:
        defect("an address may open as many connections as it likes")


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


async def run(options):
    memory_folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="chat-hostile-", dir=memory_folder) as database:
        return await run_on(database, options)


async def run_on(database, options):
    shutil.rmtree(options.folder, ignore_errors=True)
    os.makedirs(options.folder)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    defects = []
    server = Server(options.programs, options.folder, database)
    memory_before = server.memory()
    attack = await asyncio.create_subprocess_exec(
        "nice", sys.executable, os.path.join(HERE, "attacks.py"), str(server.port), str(options.seconds + 8),
        str(options.connections), preexec_fn=die_with_parent)
    await asyncio.sleep(5)  # until all its connections are open
    seen = {"status": [], "failed": []}
    watching = asyncio.create_task(watch(server, seen))
    connections = server.metrics()["chat_server_connections"]
    pairs = [Pair(server.port, number, options.seconds) for number in range(PAIRS)]
    for result in await asyncio.gather(*(pair.run() for pair in pairs), return_exceptions=True):
        if result is not None:
            defects.append(f"honest users: {result}")
    watching.cancel()
    await attack.wait()
    memory = server.memory("VmHWM")
    await addresses(server.port, defects.append)
    metrics = server.metrics()
    if server.end() != 0:
        defects.append("the server did not end well")
    times = [time for pair in pairs for time in pair.times]
    judge(times, memory, seen, metrics, defects)
    report(times, memory_before, memory, connections, seen, metrics)
    return defects


def judge(times, memory, seen, metrics, defects):
    if len(times) != PAIRS * 2 * MESSAGES_EACH:
        defects.append(f"{PAIRS * 2 * MESSAGES_EACH - len(times)} honest messages did not arrive")
    if times and percentile(times, 0.99) > SLOWEST:
        defects.append(f"p99 is above {SLOWEST * 1000:.0f} ms")
    if memory > MEBIBYTES:
        defects.append(f"the server took more than {MEBIBYTES} MiB")
    if seen["failed"] or not seen["status"]:
        defects.append(f"/status did not answer {len(seen['failed'])} times: {seen['failed'][:1]}")
    for limit in ("auth_time", "messages", "flood", "frame_bytes", "address_connections", "address_handshakes",
                  "address_requests"):
        if not metrics[f'chat_server_limits_hit_total{{limit="{limit}"}}']:
            defects.append(f"the limit {limit} is not counted")


def report(times, memory_before, memory, connections, seen, metrics):
    print(f"{connections:.0f} WebSockets open, {metrics['chat_server_connections_accepted_total']:.0f} accepted in all")
    if times:
        print("honest messages: " + ", ".join(
            f"{name} {percentile(times, share) * 1000:.1f} ms"
            for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1))) + f", {len(times)} of them")
    if seen["status"]:
        print(f"/status: {len(seen['status'])} times, at most {max(seen['status']) * 1000:.0f} ms")
    print(f"memory: {memory_before:.0f} MiB before, {memory:.0f} MiB at most, bound {MEBIBYTES} MiB")
    hit = {name: value for name, value in metrics.items() if "limits_hit" in name and value}
    print("limits reached: " + ", ".join(f"{name.split(chr(34))[1]} {value:.0f}" for name, value in hit.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--connections", type=int, default=5000)
    options = parser.parse_args()
    defects = asyncio.run(run(options))
    for defect in defects:
        print("DEFECT:", defect)
    sys.exit(1 if defects else 0)


if __name__ == "__main__":
    main()
