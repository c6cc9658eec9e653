"""Measures chat-tui while much arrives and while nothing does: keys, floods, and the cost of an idle window."""
import os
import subprocess
import time

from delivery import NO_LIMIT, fill
from programs import chat_server, empty_folder, processor_seconds, test_program
from screens import CONNECTED, LAST, chat_tui, milliseconds
from window import BACKSPACE, CTRL_D, Window

RATE = 2000
FLOOD = 100_000
# This character is in no message, so it can only appear in the input line.
KEYS = "ЪЫЭЩЖЧ"


def keys_under_load(programs, folder, seconds=20):
    """Measures the time from a key to its letter while messages arrive, and the processor time that the window needs
    for them."""
    home = empty_folder(folder, "keys-under-load")
    with chat_server(programs, os.path.join(home, "chat.sqlite"), *NO_LIMIT) as (_, port):
        with Window(chat_tui(programs, "buyer", "seller", f"ws://127.0.0.1:{port}"), home) as window:
            window.appears(CONNECTED)
            load = subprocess.Popen(
                [test_program("chat-bench"), "fill", "--port", port, "--messages", str(RATE * (seconds + 2)), "--from",
                 "seller", "--to", "buyer", "--last", LAST, "--rate", str(RATE)], stdout=subprocess.DEVNULL)
            window.reads_for(1)
            keys, begin, used, written = [], time.perf_counter(), processor_seconds(window.pid), window.written
            while time.perf_counter() < begin + seconds:
                letter = KEYS[len(keys) % len(KEYS)]
                pressed = window.type(letter.encode())
                keys.append(window.appears(letter) - pressed)
                window.type(BACKSPACE)
                window.reads_for(0.02)
            share = (processor_seconds(window.pid) - used) / (time.perf_counter() - begin)
            bytes_a_second = (window.written - written) / (time.perf_counter() - begin)
            window.appears(LAST, seconds=120)
            if load.wait() != 0:
                raise SystemExit("the load failed")
    return {f"key to its letter while {RATE:,} messages a second arrive": milliseconds(keys)}, {
        "window": f"while {RATE:,} messages a second arrive", "% CPU": share * 100, "KiB/s written": bytes_a_second / 1024}


def flood(programs, folder):
    """Measures how many messages per second a window receives, stores and shows, from the indicator to the text of
    the last one."""
    home = empty_folder(folder, "flood")
    with chat_server(programs, os.path.join(home, "chat.sqlite"), *NO_LIMIT) as (_, port):
        command = chat_tui(programs, "buyer", "seller", f"ws://127.0.0.1:{port}")
        with Window(command, home) as window:  # from here on it has a position in the feed
            window.appears(CONNECTED)
            window.reads_for(1)
            window.leave()
        fill(port, FLOOD, LAST)
        with Window(command, home) as window:
            connected = window.appears(CONNECTED)
            taken = window.appears(LAST, seconds=600) - connected
            used = processor_seconds(window.pid)
            window.leave()
    return {"flood": f"{FLOOD:,} messages", "seconds": taken, "messages/s": FLOOD / taken, "CPU seconds": used}


def idle(command, home, text, seconds=60):
    """Measures the processor time and wake-ups of a program that shows `text` and is then left alone."""
    with Window(command, home) as window:
        window.appears(text)
        window.reads_for(5)
        used, before = processor_time(window.pid), wakeups(window.pid)
        window.reads_for(seconds)
        used, after = processor_time(window.pid) - used, wakeups(window.pid)
        window.type(CTRL_D)
    count = sum(switches - before.get(thread, 0) for thread, switches in after.items())
    return {"% CPU": used / seconds * 100, "wake-ups a minute": count * 60 // seconds}


def idle_window(programs, folder, seconds=60):
    home = empty_folder(folder, "idle")
    with chat_server(programs, os.path.join(home, "chat.sqlite")) as (_, port):
        command = chat_tui(programs, "buyer", "seller", f"ws://127.0.0.1:{port}")
        return {"idle": "chat-tui", **idle(command, home, CONNECTED, seconds)}


def processor_time(pid):
    """Returns the seconds of all threads, including those that ended (see clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | 2)


def wakeups(pid):
    """Returns how often each thread has waited and was woken."""
    root, counts = f"/proc/{pid}/task", {}
    for thread in os.listdir(root):
        try:
            with open(os.path.join(root, thread, "status")) as file:
                counts[thread] = next(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
        except FileNotFoundError:
            pass  # the thread ended meanwhile
    return counts
