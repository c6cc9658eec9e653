#!/usr/bin/env python3
"""Measures chat-tui beside WeeChat and irssi, if they are installed: start, first paint, keys, and idling.

    others.py PROGRAMS FOLDER

PROGRAMS is the folder of the release build. FOLDER gets settings and histories. No program connects to another
machine: WeeChat and irssi show their first window, chat-tui a stored conversation with its own server.
"""
import argparse
import os
import shutil
import statistics
import time

from bench import table
from delivery import NO_LIMIT, fill
from feel import idle
from programs import chat_server, empty_folder, processor_seconds, resident_kib
from screens import CONNECTED, LAST, LETTERS, chat_tui, milliseconds
from window import BACKSPACE, Window

TIMES = 11
MESSAGES = 1000


def measured(name, command, home, text, end):
    """`text` is at the end of the first screen. `end` are the keys that leave the program."""
    with Window(command, home) as window:  # creates its files, and warms the cache
        window.appears(text)
        window.reads_for(1)
        finish(window, end)
    painted, started, resident = [], [], []
    for _ in range(TIMES):
        with Window(command, home) as window:
            painted.append(window.appears(text) - window.started)
            window.reads_for(0.5)
            started.append(processor_seconds(window.pid))
            resident.append(resident_kib(window.pid))
            finish(window, end)
    keys = milliseconds(key_times(command, home, text, end))
    return {
        "": name, "exec to paint ms": milliseconds(painted)["median"],
        "CPU ms to start": statistics.median(started) * 1000,
        "key ms": keys["median"], "key p99 ms": keys["p99"], "MB resident": statistics.median(resident) / 1024,
        **idle(command, home, text)}


def key_times(command, home, text, end, times=200):
    with Window(command, home) as window:
        window.appears(text)
        window.reads_for(1)
        keys = []
        for number in range(times):
            letter = LETTERS[number % len(LETTERS)]
            pressed = window.type(letter.encode())
            keys.append(window.appears(letter) - pressed)
            window.type(BACKSPACE)
            window.reads_for(0.02)
        finish(window, end)
    return keys


def finish(window, end):
    window.type(end)
    deadline = time.perf_counter() + 10
    while window.pid is not None:
        window._read((window,), deadline, "its end")


def chat(programs, folder):
    home = empty_folder(folder, "others-chat")
    with chat_server(programs, os.path.join(home, "chat.sqlite"), *NO_LIMIT) as (_, port):
        command = chat_tui(programs, "buyer", "seller", f"ws://127.0.0.1:{port}")
        with Window(command, home) as window:
            window.appears(CONNECTED)
            window.reads_for(1)
            window.leave()
        fill(port, MESSAGES, LAST)
        with Window(command, home) as window:
            window.appears(LAST)
            window.reads_for(2)
            window.leave()
        return measured(f"chat-tui, {MESSAGES:,} messages stored", command, home, LAST, b"\x04")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=os.path.abspath)
    parser.add_argument("folder", type=os.path.abspath)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    rows = [chat(options.programs, options.folder)]
    if weechat := shutil.which("weechat"):
        home = empty_folder(options.folder, "others-weechat")
        rows.append(measured("WeeChat", [weechat, "-d", home], home, "weechat.org/", b"/quit\r"))
    if irssi := shutil.which("irssi"):
        home = empty_folder(options.folder, "others-irssi")
        rows.append(measured("irssi", [irssi, f"--home={home}", "-n", "buyer"], home, "irssi.org", b"/quit\r"))
    table(rows)


if __name__ == "__main__":
    main()
