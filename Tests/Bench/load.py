"""Runs the load in C beside this file, and servers under it. Each has a core of its own if there are two."""
import glob
import json
import os
import shutil
import subprocess
import sys

from programs import running
from runtimes import compiler

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load")
SERVER_CORE, LOAD_CORE = 0, 1
# The load reports how busy its core was. Above this share, the load itself is what is measured.
MOST_OF_A_CORE = 0.9


def built(folder):
    """Compiles the load and returns the program."""
    program = os.path.join(folder, "load")
    subprocess.run([compiler(), "-std=gnu11", "-O2", "-Wall", "-o", program, *glob.glob(SOURCES + "/*.c")], check=True)
    return program


def on_core(number, command):
    if shutil.which("taskset") is None or os.cpu_count() < 2:
        return command
    return ["taskset", "--cpu-list", str(number), *command]


def under_load(command):
    """Runs a server on its core. Yields its process and port, and ends it."""
    return running(on_core(SERVER_CORE, command))


def run(program, what, port, process, **options):
    """Runs one load to its end and returns its result. Exits if a message was lost or came twice."""
    arguments = [word for name, value in options.items() for word in ("--" + name, str(value))]
    command = on_core(LOAD_CORE, [program, what, "--port", port, "--process", str(process.pid), *arguments])
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{what} {' '.join(arguments)}: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    if result.get("ownShare", 0) > MOST_OF_A_CORE:
        print(f"{what}: the load used {result['ownShare']:.0%} of its core, and is what was measured.", flush=True)
    return result
