"""What a cluster has besides PostgreSQL: its nodes, NATS between them, and nginx in front of them."""
import asyncio
import glob
import os
import shutil
import socket

from process import die_with_parent, tell
from proxy import Network
from server import Server

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def free_port():
    """A port that nobody listens on. What is started again listens on the same one."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def program(name):
    """Its path: it is installed, or the Makefile has unpacked it (`make nginx nats`)."""
    unpacked = glob.glob(f"{ROOT}/.build*/{name.split('-')[0]}/usr/sbin/{name}")
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin") or (unpacked[0] if unpacked else None)
    if path is None:
        raise RuntimeError(f"{name} is missing: `make nginx nats`")
    return path


async def started(command, log_path, port, within=20):
    """Starts a program, and returns its process when it listens."""
    with open(log_path, "a") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=die_with_parent)
    deadline = asyncio.get_running_loop().time() + within
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return process
        except OSError:
            if process.returncode is not None or asyncio.get_running_loop().time() > deadline:
                raise RuntimeError(f"{command[0]} does not start; see {log_path}") from None
            await asyncio.sleep(0.02)


class Node(Server):
    """A chat-server with networks of its own to everything that it talks with."""

    def __init__(self, name, run, has_nats):
        def network(what):
            return Network(what, run.random(f"{name} {what}"), run.tally)

        self.front = network("nginx–node")
        self.to_database, self.to_bus = network("node–PostgreSQL"), network("node–NATS") if has_nats else None
        self.run = run
        super().__init__(
            name, os.path.join(run.programs, "chat-server"), [], run.environment(name),
            os.path.join(run.logs, name + ".log"), self.front, run.ledger)

    @property
    def networks(self):
        return [network for network in (self.front, self.to_database, self.to_bus) if network is not None]

    async def begin(self, database_port, bus_port):
        """Starts the networks, and then the server."""
        for network in self.networks:
            await network.start()
        self.to_database.target = database_port
        self.command += [
            "--node", self.name, "--store", f"postgres://chat_server@127.0.0.1:{self.to_database.port}/chat"]
        if self.to_bus is not None:
            self.to_bus.target = bus_port
            self.command += ["--bus", f"nats://127.0.0.1:{self.to_bus.port}/chaos"]
        await self.start()


class NATS:
    def __init__(self, log_path):
        self.port, self.log_path = free_port(), log_path
        self.process = None

    async def start(self):
        command = [program("nats-server"), "-a", "127.0.0.1", "-p", str(self.port)]
        self.process = await started(command, self.log_path, self.port)

    async def kill(self):
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


class Nginx:
    """Gives each new connection to the next node. One that does not answer is left out for a moment."""

    def __init__(self, folder):
        self.port, self.folder = free_port(), folder
        self.process = None

    async def start(self, ports):
        """- ports: Where the nodes are reached."""
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w") as file:
            file.write(self.configuration(ports))
        log = os.path.join(self.folder, "nginx.log")
        self.process = await started([program("nginx"), "-p", self.folder, "-c", path, "-e", log], log, self.port)

    def configuration(self, ports):
        """As nginx's documentation recommends for WebSockets. A node that takes the connection and is silent is given up
        within the time in which a client still waits."""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = " ".join(f"{kind}_temp_path {self.folder}/nginx-{kind};" for kind in kinds)
        nodes = " ".join(f"server 127.0.0.1:{port} fail_timeout=2s;" for port in ports)
        return f"""
            daemon off;
            master_process off;
            pid {self.folder}/nginx.pid;
            events {{}}
            http {{
                access_log off;
                {temporary}
                map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
                upstream nodes {{ {nodes} }}
                server {{
                    listen 127.0.0.1:{self.port};
                    location / {{
                        proxy_pass http://nodes;
                        proxy_http_version 1.1;
                        proxy_set_header Host 127.0.0.1;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $connection_upgrade;
                        proxy_connect_timeout 2s;
                        proxy_read_timeout 10s;
                    }}
                }}
            }}
            """

    async def end(self):
        if self.process is not None and self.process.returncode is None:
            tell(self.process.pid, 9)
            await self.process.wait()
