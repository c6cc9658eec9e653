"""Measures pages over HTTP: the time of each from the request to its last byte."""
import http.client
import json
import time
import urllib.parse

from filled import LONG, LONG_MESSAGES, LONG_PEER, POPULAR

PAGE = 200  # the most that either server returns


def page_times(port):
    """Reads all pages of the long conversation once, from its end to its beginning. Returns seconds."""
    connection, times, before, count = http.client.HTTPConnection("127.0.0.1", int(port)), [], {}, 0
    while True:
        page, taken = get(connection, "/messages", userId=LONG, otherUserId=LONG_PEER, limit=PAGE, **before)
        times.append(taken)
        count += len(page["messages"])
        if not page["hasMore"]:
            break
        before = {"before": page["messages"][0]["id"]}
    if count != LONG_MESSAGES:
        raise SystemExit(f"the pages hold {count} messages instead of {LONG_MESSAGES}")
    return times


def list_times(port, times=200):
    """Reads the list of the user with many conversations. Returns seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", int(port))
    taken = []
    for _ in range(times):
        answer, seconds = get(connection, "/conversations", userId=POPULAR, limit=PAGE)
        if len(answer["conversations"]) != PAGE:
            raise SystemExit(f"the list has {len(answer['conversations'])} conversations")
        taken.append(seconds)
    return taken


def get(connection, path, **query):
    start = time.perf_counter()
    connection.request("GET", f"{path}?{urllib.parse.urlencode(query)}")
    response = connection.getresponse()
    body = response.read()
    taken = time.perf_counter() - start
    if response.status != 200:
        raise SystemExit(f"{path}: {response.status} {body[:200]!r}")
    return json.loads(body), taken
