"""Measures chat-tui in a terminal: starting, opening long histories, and switching between screens."""
import os
import shutil
import statistics
import time

from delivery import MISSED, NO_LIMIT, fill
from programs import chat_server, empty_folder, resident_kib
from window import ENTER, Window

CONNECTED = "●"
INPUT_LINE = "0/500"
# None of its characters is elsewhere on the screen, so it is written in one piece.
LAST = "ЪЪЭЭЪЪЭЭ"
# No two neighbours in this list have a letter in common at the same position.
LETTERS = "БГДЖЗЛЦЧШЩЮЯ"


def chat_tui(programs, user, peer, url):
    return [programs + "/chat-tui", "--user", user, "--seller", peer, "--url", url]


def milliseconds(times):
    ordered = sorted(time * 1000 for time in times)
    return {
        "median": statistics.median(ordered), "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "times": len(ordered)}


def starting(programs, folder, times=20):
    """Measures from exec to the server's `listening`, to the first paint, and to the indicator."""
    listening, painted, connected = [], [], []
    for _ in range(times):
        home = empty_folder(folder, "starting")
        start = time.perf_counter()
        with chat_server(programs, os.path.join(home, "chat.sqlite")) as (_, port):
            listening.append(time.perf_counter() - start)
            with Window(chat_tui(programs, "buyer", "seller", f"ws://127.0.0.1:{port}"), home) as window:
                painted.append(window.appears(INPUT_LINE) - window.started)
                connected.append(window.appears(CONNECTED) - window.started)
    return {
        "chat-server: exec to listening, new database": milliseconds(listening),
        "chat-tui: exec to the first paint": milliseconds(painted),
        "chat-tui: exec to the indicator": milliseconds(connected),
    }


def typing(programs, folder, times=200):
    """Measures from a key to its letter, and from Enter to the text on the other screen."""
    home = empty_folder(folder, "typing")
    with chat_server(programs, os.path.join(home, "chat.sqlite"), *NO_LIMIT) as (_, port):
        url = f"ws://127.0.0.1:{port}"
        with Window(chat_tui(programs, "buyer", "seller", url), os.path.join(home, "buyer")) as buyer, \
                Window(chat_tui(programs, "seller", "buyer", url), os.path.join(home, "seller")) as seller:
            buyer.appears(CONNECTED)
            seller.appears(CONNECTED)
            keys, ways = [], []
            for number in range(times):
                text = "".join(LETTERS[(number + place) % len(LETTERS)] for place in range(len(LETTERS)))
                buyer.becomes_quiet(beside=[seller])
                pressed = buyer.type(text[0].encode())
                keys.append(buyer.appears(text[0], beside=[seller]) - pressed)
                buyer.type(text[1:].encode())
                buyer.becomes_quiet(beside=[seller])
                pressed = buyer.type(ENTER)
                ways.append(seller.appears(text, beside=[buyer]) - pressed)
    return {"key to its letter": milliseconds(keys), "Enter to the other screen": milliseconds(ways)}


def receive(programs, folder, messages):
    """Lets a chat-tui miss messages and then receive them. Returns its command, with an address that nobody listens
    on from then on, its home, and the time from exec to the last message."""
    home = empty_folder(folder, f"history-{messages}")
    with chat_server(programs, os.path.join(home, "chat.sqlite"), *NO_LIMIT) as (_, port):
        command = chat_tui(programs, "buyer", "seller", f"ws://127.0.0.1:{port}")
        with Window(command, home) as window:  # from here on it has a position in the feed
            window.appears(CONNECTED)
            time.sleep(1)
            window.leave()
        fill(port, messages, LAST)
        with Window(command, home) as window:
            taken = window.appears(LAST, seconds=600) - window.started
            time.sleep(2)
            window.leave()
    return command, home, taken


def opening(command, home, times=10):
    """Opens the local history without a server. Measures from exec to its last message, and the resident memory
    then."""
    painted, resident = [], []
    for _ in range(times):
        with Window(command, home) as window:
            painted.append(window.appears(LAST) - window.started)
            time.sleep(0.5)
            resident.append(resident_kib(window.pid))
            window.leave()
    return milliseconds(painted), statistics.median(resident)


def histories(programs, folder, long):
    """Makes short and long local histories by resuming."""
    rows, memory = {}, {}
    for messages in (1000, MISSED, long):
        command, home, taken = receive(programs, folder, messages)
        painted, memory[messages] = opening(command, home)
        shutil.rmtree(home)
        rows[f"chat-tui: exec to the last of {messages:,} missed messages"] = milliseconds([taken])
        rows[f"chat-tui: exec to the paint of {messages:,} local messages"] = painted
    return rows, memory
