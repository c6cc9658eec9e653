"""Starts the programs to measure, and asks the kernel what they used."""
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys


@contextlib.contextmanager
def running(command):
    """Starts a server that prints where it listens. Yields its process and port, and ends it."""
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


def empty_folder(*parts):
    folder = os.path.join(*parts)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def chat_server_command(programs, database, *flags):
    """A chat-server on a port of its own, with its messages in the file `database`."""
    return [
        programs + "/chat-server", "--port", "0", "--no-unix", "--log-level", "error", "--store",
        f"sqlite:{database}", *flags]


def chat_server(programs, database, *flags):
    return running(chat_server_command(programs, database, *flags))


def test_program(name):
    """One of the programs of Tests/Programs, which the Makefile builds."""
    return os.path.abspath(os.path.join(".build-programs", "release", name))


def chat_bench(*arguments):
    """Runs a subcommand of chat-bench to its end. Returns its last line, parsed as JSON."""
    command = [test_program("chat-bench"), *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def processor_seconds(pid):
    """Returns the processor time that a process has used."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])
