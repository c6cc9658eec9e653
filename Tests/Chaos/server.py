"""chat-server as a process that is killed, stopped and started again, always on the same database."""
import asyncio
import re
import signal

from process import die_with_parent, tell


class Server:
    """- name: For the report.
    - network: What clients reach it through.
    """

    def __init__(self, name, program, options, environment, log_path, network, ledger):
        self.name = name
        self.command = [
            program, "--port", "0", "--no-unix", "--message-rate", "0", "--heartbeat-seconds", "3", *options]
        self.environment, self.log_path = environment, log_path
        self.network, self.ledger = network, ledger
        self.process = None
        # It is neither ending nor starting.
        self.is_up = False

    async def start(self, within=60):
        """Tries until it listens: on a full disk it does not."""
        deadline = asyncio.get_running_loop().time() + within
        while True:
            with open(self.log_path, "a") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *self.command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
                    env=self.environment, start_new_session=True, preexec_fn=die_with_parent)
            try:
                line = (await asyncio.wait_for(self.process.stdout.readline(), 20)).decode()
            except asyncio.TimeoutError:
                line = ""
            listening = re.search(r"listening on \S+:(\d+)$", line)
            if listening is not None:
                self.port = self.network.target = int(listening[1])
                self.is_up = True
                return
            await self.kill()
            if asyncio.get_running_loop().time() > deadline:
                raise RuntimeError(f"{self.name} does not start; see {self.log_path}")
            await asyncio.sleep(0.5)

    @property
    def is_running(self):
        return self.process is not None and self.process.returncode is None

    async def kill(self):
        self.is_up = False
        tell(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def end(self, within=30):
        """By SIGTERM; whether it left with 0 in time."""
        self.is_up = False
        tell(self.process.pid, signal.SIGCONT)
        tell(self.process.pid, signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.process.wait(), within) == 0
        except asyncio.TimeoutError:
            await self.kill()
            return False

    async def end_well(self):
        if not await self.end():
            self.ledger.defect(f"{self.name} did not leave with 0 on SIGTERM")

    def stop(self):
        tell(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        tell(self.process.pid, signal.SIGCONT)

    def note_unexpected_end(self):
        if self.process.returncode is not None:
            self.ledger.defect(f"{self.name} ended by itself with {self.process.returncode}")
            return True
        return False
