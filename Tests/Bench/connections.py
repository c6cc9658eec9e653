#!/usr/bin/env python3
"""Measures the release builds on loopback: the resident memory that an idle connection costs chat-server, and the
echoes per second of websocket-echo beside a server made with Python's `websockets`, in the same run.

    connections.py PROGRAMS FOLDER

PROGRAMS is the folder of the release build. FOLDER gets the Python environment and a database.
Exit code: 1 if a connection costs more than it may, or if something could not be measured.
"""
import os
import subprocess
import sys

from programs import chat_server, empty_folder, running, test_program

WEBSOCKETS = "websockets==15.0.1"
# The most that an idle connection may cost at the highest count, its session included.
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


def idle_connections(programs, folder):
    database = os.path.join(empty_folder(folder, "idle"), "chat.sqlite")
    with chat_server(programs, database) as (process, port):
        bench = [test_program("chat-bench"), "idle", "--port", port, "--pid", str(process.pid)]
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
        "websocket-echo": [test_program("websocket-echo"), "--listen", "0"],
        WEBSOCKETS: [python_with_websockets(folder), "-c", PYTHON_ECHO],
    }
    succeeded = True
    for size in ECHO_SIZES:
        for name, command in servers.items():
            with running(command) as (_, port):
                print(f"{name}, {size} bytes: ", end="", flush=True)
                bench = [test_program("chat-bench"), "echo", "--port", port, "--bytes", str(size)]
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
