#!/usr/bin/env python3
"""Measures the release builds on loopback: what an idle connection costs chat-server in resident memory, and how many
messages websocket-echo echoes in a second beside a server made with Python's `websockets`, in the same run.

    bench.py PROGRAMS FOLDER

PROGRAMS is the folder of the release build, FOLDER gets the Python environment and a database.
Exit code: 1 where a connection costs more than it may, or something could not be measured.
"""
import contextlib
import os
import re
import shutil
import subprocess
import sys

WEBSOCKETS = "websockets==15.0.1"
# The most that an idle connection may cost, session included, at the highest count.
KIB_PER_CONNECTION = 6
ECHO_SIZES = [64, 4096]

PYTHON_ECHO = """
import asyncio
from websockets.asyncio.server import serve

async def echo(socket):
    async for message in socket:
        await socket.send(message)

async def main():
    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        print(f"listening on ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()

asyncio.run(main())
"""


@contextlib.contextmanager
def running(command):
    """Starts a server that says where it listens; gives its process and port, and ends it."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        port = re.search(r"listening on \S+:(\d+)$", line)
        if port is None:
            sys.exit(f"{command[0]} does not listen: {line}")
        yield process, port[1]
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def idle_connections(programs, folder):
    database = os.path.join(folder, "idle")
    shutil.rmtree(database, ignore_errors=True)
    os.makedirs(database)
    server = [
        programs + "/chat-server", "--port", "0", "--no-unix", "--log-level", "error",
        "--store", f"sqlite:{database}/chat.sqlite"]
    with running(server) as (process, port):
        bench = [programs + "/websocket-bench", "idle", "--port", port, "--pid", str(process.pid)]
        return subprocess.run(bench + ["--limit", str(KIB_PER_CONNECTION)]).returncode == 0


def python_with_websockets(folder):
    environment = os.path.join(folder, "python")
    python = os.path.join(environment, "bin", "python")
    if not os.path.exists(python) or subprocess.run([python, "-c", "import websockets"]).returncode != 0:
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", WEBSOCKETS], check=True)
    return python


def echo_round_trips(programs, folder):
    servers = {
        "websocket-echo": [programs + "/websocket-echo", "--listen", "0"],
        WEBSOCKETS: [python_with_websockets(folder), "-c", PYTHON_ECHO],
    }
    succeeded = True
    for size in ECHO_SIZES:
        for name, command in servers.items():
            with running(command) as (_, port):
                print(f"{name}, {size} bytes: ", end="", flush=True)
                bench = [programs + "/websocket-bench", "echo", "--port", port, "--bytes", str(size)]
                succeeded = subprocess.run(bench).returncode == 0 and succeeded
    return succeeded


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    programs, folder = (os.path.abspath(argument) for argument in sys.argv[1:])
    os.makedirs(folder, exist_ok=True)
    measured = [idle_connections(programs, folder), echo_round_trips(programs, folder)]
    sys.exit(0 if all(measured) else 1)


if __name__ == "__main__":
    main()
