"""A small WebSocket client, so that the run does not depend on the code that it tests."""
import asyncio
import base64
import json
import os
import struct


class Closed(Exception):
    """The connection has ended for any reason."""


class WebSocket:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.events = asyncio.Queue()
        self.last_heard = asyncio.get_running_loop().time()
        self.reading = asyncio.create_task(self.read_all())

    @classmethod
    async def connect(cls, port, within=10):
        try:
            return await asyncio.wait_for(cls.open(port), within)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise Closed(str(error)) from None

    @classmethod
    async def open(cls, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            writer.close()
            raise Closed(head.split(b"\r\n")[0].decode(errors="replace"))
        return cls(reader, writer)

    async def send(self, event):
        await self.send_frame(1, json.dumps(event, ensure_ascii=False).encode())

    async def send_frame(self, opcode, data):
        mask = os.urandom(4)
        if len(data) < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | len(data))
        else:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, len(data))
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        try:
            self.writer.write(head + mask + masked)
            await asyncio.wait_for(self.writer.drain(), 10)
        except (OSError, asyncio.TimeoutError) as error:
            raise Closed(str(error)) from None

    async def receive(self, within):
        """The next event; None where nothing came in time."""
        try:
            event = await asyncio.wait_for(self.events.get(), within)
        except asyncio.TimeoutError:
            return None
        if isinstance(event, Closed):
            raise event
        return event

    @property
    def silence(self):
        """The seconds since the last frame of any kind."""
        return asyncio.get_running_loop().time() - self.last_heard

    async def ping(self):
        await self.send_frame(9, b"")

    async def read_all(self):
        """Reads in a task of its own, so that giving up waiting loses no bytes. Answers pings."""
        try:
            while True:
                opcode, data = await self.read_frame()
                self.last_heard = asyncio.get_running_loop().time()
                if opcode == 1:
                    self.events.put_nowait(json.loads(data))
                elif opcode == 8:
                    raise Closed(f"close {struct.unpack('!H', data[:2])[0] if len(data) > 1 else ''}")
                elif opcode == 9:
                    await self.send_frame(10, data)
        except (OSError, asyncio.IncompleteReadError, Closed) as error:
            self.events.put_nowait(Closed(str(error)))

    async def read_frame(self):
        head = await self.reader.readexactly(2)
        length = head[1] & 127
        if length == 126:
            length = struct.unpack("!H", await self.reader.readexactly(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", await self.reader.readexactly(8))[0]
        if head[0] & 0x70 or not head[0] & 0x80:
            raise Closed("a frame that is not one whole message")
        return head[0] & 15, await self.reader.readexactly(length)

    def close(self):
        self.reading.cancel()
        self.writer.transport.abort()
