#!/usr/bin/env python3
"""Runs the Autobahn test suite against websocket-echo on loopback, first as a server and then as a client.

    autobahn.py ECHO FOLDER

ECHO is the program. FOLDER gets the suite's Python 2.7 environment and the reports (HTML and JSON). It prints the
cases that did not pass, and those that the suite itself calls NON-STRICT or INFORMATIONAL. The last line is 'N
passed, N failed'. Exit code: 0 if all passed, 1 if some failed, 2 if the suite could not be run.
"""
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

SUITE = "autobahntestsuite==25.10.1"
# Cases 12 and 13 are about compression, which is never negotiated here.
CASES = {"cases": ["*"], "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {}}
PASSING = {"OK", "NON-STRICT", "INFORMATIONAL"}
RUN_SECONDS = 1200
AGENT = "websocket-echo"

NO_PYTHON = """\
The Autobahn suite runs on CPython 2.7 only, and there is none in pyenv, /usr/bin or /usr/local/bin.
To get one:  pyenv install 2.7.18   (https://github.com/pyenv/pyenv), or apt-get install python2.7 where Debian has it."""


class CannotRun(Exception):
    """The suite could not be run. The text says why."""


# MARK: The suite's environment


def find_python2():
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    candidates = sorted(glob.glob(pyenv + "/versions/2.7.*/bin/python2.7"), reverse=True)
    candidates += ["/usr/bin/python2.7", "/usr/local/bin/python2.7"]
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return candidate
    raise CannotRun(NO_PYTHON)


def suite_python(folder):
    """The suite's own Python. Its environment is created if it is missing."""
    environment = os.path.join(folder, "python2.7")
    python = os.path.join(environment, "bin", "python")
    check = [python, "-c", "import autobahntestsuite.wstest"]
    if os.path.exists(python) and subprocess.run(check, capture_output=True).returncode == 0:
        return python
    python2 = find_python2()
    print(f"Installing {SUITE} for {python2}", flush=True)
    shutil.rmtree(environment, ignore_errors=True)
    maker = os.path.join(folder, "virtualenv")
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", maker], check=True)
        # The last virtualenv that supports Python 2.7.
        subprocess.run([maker + "/bin/pip", "install", "--quiet", "virtualenv<20.22"], check=True)
        subprocess.run([maker + "/bin/virtualenv", "--quiet", "--python", python2, environment], check=True)
        subprocess.run(
            [python, "-m", "pip", "--no-python-version-warning", "install", "--quiet", SUITE], check=True)
    except subprocess.CalledProcessError as error:
        raise CannotRun(f"The suite could not be installed: {error}") from None
    return python


# MARK: The two roles


def spec_file(folder, role, **options):
    """Writes the suite's configuration. Returns the file and the folder of the report."""
    report = os.path.join(folder, role)
    shutil.rmtree(report, ignore_errors=True)
    os.makedirs(report)
    path = os.path.join(folder, role + ".json")
    with open(path, "w") as file:
        json.dump({"outdir": report, "options": {"failByDrop": False}, **CASES, **options}, file)
    return path, report


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_server(echo, python, folder):
    server = subprocess.Popen([echo, "--listen", "0"], stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        url = re.search(r"ws://\S+", line)
        if url is None:
            raise CannotRun(f"{echo} does not listen: {line}")
        spec, report = spec_file(folder, "server", servers=[{"agent": AGENT, "url": url[0]}])
        with open(os.path.join(folder, "server.log"), "w") as log:
            wstest = [python, "-m", "autobahntestsuite.wstest", "-m", "fuzzingclient", "-s", spec]
            subprocess.run(wstest, stdout=log, stderr=log, timeout=RUN_SECONDS)
        return report
    finally:
        stop(server)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise CannotRun("The fuzzing server did not start; see client.log.")


def test_client(echo, python, folder):
    port = free_port()
    spec, report = spec_file(folder, "client", url=f"ws://127.0.0.1:{port}", webport=0)
    # By default the suite listens on every address of the machine.
    program = (
        "from autobahntestsuite import fuzzing, wstest\n"
        "listen = fuzzing.listenWS\n"
        "fuzzing.listenWS = lambda factory, tls=None: listen(factory, tls, interface='127.0.0.1')\n"
        "wstest.run()\n")
    with open(os.path.join(folder, "client.log"), "w") as log:
        suite = subprocess.Popen(
            [python, "-c", program, "-m", "fuzzingserver", "-u", "0", "-s", spec], stdout=log, stderr=log)
        try:
            wait_for_port(port, suite)
            client = [echo, "--connect", f"127.0.0.1:{port}", "--cases", "--agent", AGENT]
            subprocess.run(client, stdout=log, timeout=RUN_SECONDS)
        finally:
            stop(suite)
    return report


# MARK: The reports


def summarize(role, report):
    """Prints the cases that need attention. Returns how many passed and how many failed."""
    path = os.path.join(report, "index.json")
    if not os.path.exists(path):
        raise CannotRun(f"There is no report of the {role}; see {role}.log in {os.path.dirname(report)}.")
    with open(path) as file:
        results = json.load(file).get(AGENT, {})
    if not results:
        raise CannotRun(f"No case was run against the {role}.")
    failed = 0
    named = {"NON-STRICT": [], "INFORMATIONAL": []}
    for case in sorted(results, key=lambda name: [int(part) for part in name.split(".")]):
        result = results[case]
        verdicts = [result["behavior"], result["behaviorClose"]]
        if not PASSING.issuperset(verdicts):
            failed += 1
            page = os.path.join(report, result["reportfile"])
            print(f"FAILED {role} {case}: {verdicts[0]}, close {verdicts[1]}; {page}")
        for verdict in named:
            if verdict in verdicts:
                named[verdict].append(case)
    for verdict, cases in named.items():
        if cases:
            print(f"{verdict} {role}: {' '.join(cases)}")
    return len(results) - failed, failed


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    echo, folder = (os.path.abspath(argument) for argument in sys.argv[1:])
    os.makedirs(folder, exist_ok=True)
    passed = failed = 0
    try:
        python = suite_python(folder)
        for role, test in [("server", test_server), ("client", test_client)]:
            start = time.monotonic()
            counts = summarize(role, test(echo, python, folder))
            print(f"{role}: {counts[0]} passed, {counts[1]} failed in {time.monotonic() - start:.0f} s", flush=True)
            passed, failed = passed + counts[0], failed + counts[1]
    except (CannotRun, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        print(f"{passed} passed, {failed + 1} failed")
        sys.exit(2)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
