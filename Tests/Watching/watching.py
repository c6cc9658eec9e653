#!/usr/bin/env python3
"""Tries the files of Sources/Packaging/Watching on a real Prometheus.

watching.py SERVER FOLDER PATH: SERVER is chat-server, FOLDER takes what the programs write, and promtool and prometheus
are found in PATH. The rules are checked and their unit tests run. Then Prometheus reads a real server, and each metric
that the dashboard and the rules name must be there; each of their expressions must be answered."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

FILES = pathlib.Path(__file__).resolve().parent.parent.parent / "Sources/Packaging/Watching"
# Only a server with other nodes beside it has these.
OF_NODES = {"chat_server_bus_up"}
LIMIT = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.read().decode()


def query(port, expression):
    answer = json.loads(get(port, "/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
    assert answer["status"] == "success", (expression, answer)
    return answer["data"]["result"]


def wait(what, condition):
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"no {what} within {LIMIT} s")


def expressions():
    """Those of the dashboard, with values for Grafana's variables, and those of the rules."""
    dashboard = json.loads((FILES / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")
    for rule in re.findall(r"^ +expr: (.+)$", (FILES / "alerts.yml").read_text(), re.M):
        yield "alerts.yml", rule


def names(expression):
    """The metrics of an expression, as the server's page has them."""
    found = set(re.findall(r"\b(?:chat_server|process)_[a-z_]+\b", expression))
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}


def main():
    # promtool runs in another folder.
    server_program, folder, path = map(os.path.abspath, sys.argv[1:])
    tools = os.pathsep.join([path, os.environ["PATH"]])
    promtool, prometheus = (shutil.which(name, path=tools) for name in ("promtool", "prometheus"))
    if not promtool or not prometheus:
        sys.exit("there is no prometheus: `make watching` unpacks it where apt is")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for command in ("check rules alerts.yml", "test rules alerts-tests.yml", "check config prometheus.yml"):
        subprocess.run([promtool] + command.split(), cwd=FILES, check=True)

    port, own = free_port(), free_port()
    config = (FILES / "prometheus.yml").read_text().replace("127.0.0.1:8765", f"127.0.0.1:{port}")
    config = config.replace("15s", "1s").replace("[alerts.yml]", json.dumps([str(FILES / "alerts.yml")]))
    pathlib.Path(folder, "prometheus.yml").write_text(config)
    log = open(os.path.join(folder, "log"), "w")
    server = subprocess.Popen(
        [server_program, "--port", str(port), "--no-unix", "--store", f"sqlite:{folder}/chat.sqlite"],
        stdout=log, stderr=log)
    watcher = subprocess.Popen(
        [prometheus, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{own}"], stdout=log, stderr=log)
    try:
        wait("server", lambda: "chat_server_build_info" in get(port, "/metrics"))
        page = get(port, "/metrics")
        wait("scrape", lambda: query(own, 'up{job="chat-server"} == 1'))
        wait("second scrape", lambda: query(own, 'count_over_time(up{job="chat-server"}[5m]) > 2'))
        known = set(re.findall(r"^# TYPE (\S+) ", page, re.M))
        stored = set(json.loads(get(own, "/api/v1/label/__name__/values"))["data"])
        asked = 0
        for place, expression in expressions():
            missing = names(expression) - known - OF_NODES
            assert not missing, f"{place}: the server has no {', '.join(sorted(missing))}"
            for name in names(expression) - OF_NODES:
                assert name in stored or name + "_bucket" in stored or not re.search(
                    rf"^{name}[ {{]", page, re.M), f"{place}: Prometheus has no {name}"
            answer = query(own, expression)
            if place != "alerts.yml" and re.search(rf"^chat_server_\w+\{{instance", expression):
                assert answer, f"{place}: no values for {expression}"
            asked += 1
        rules = json.loads(get(own, "/api/v1/rules"))["data"]["groups"]
        wait("look at the rules", lambda: all(
            rule["health"] == "ok" for group in json.loads(get(own, "/api/v1/rules"))["data"]["groups"]
            for rule in group["rules"]))
        firing = query(own, 'ALERTS{alertstate="firing"}')
        assert not firing, f"an idle server raises {firing}"
        print(f"{asked} expressions and {sum(len(group['rules']) for group in rules)} rules on "
              f"{len(known)} metrics of a real server: all there")
    finally:
        for process in (server, watcher):
            process.terminate()
        for process in (server, watcher):
            process.wait(timeout=30)


main()
