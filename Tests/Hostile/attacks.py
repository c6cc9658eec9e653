"""All attacks on the server at once, from a process of its own:

    attacks.py PORT SECONDS CONNECTIONS
"""
import asyncio
import base64
import json
import os
import struct
import sys

PORT, SECONDS, CONNECTIONS = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])

UPGRADE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: {key}\r\n{more}\r\n")


def upgrade(more=""):
    return UPGRADE.format(key=base64.b64encode(os.urandom(16)).decode(), more=more).encode()


def frame(data, opcode=1, is_final=True):
    """The mask is zero, which costs nothing."""
    first = (0x80 if is_final else 0) | opcode
    if len(data) < 126:
        head = struct.pack("!BB", first, 0x80 | len(data))
    elif len(data) < 65536:
        head = struct.pack("!BBH", first, 0xFE, len(data))
    else:
        head = struct.pack("!BBQ", first, 0xFF, len(data))
    return head + bytes(4) + data


def event(**fields):
    return frame(json.dumps(fields).encode())


async def connected():
    return await asyncio.open_connection("127.0.0.1", PORT)


async def web_socket(user=None):
    reader, writer = await connected()
    writer.write(upgrade())
    await reader.readuntil(b"\r\n\r\n")
    if user:
        writer.write(event(type="auth", userId=user, protocol=2))
    return reader, writer


async def again_and_again(attack, *arguments):
    """The server may end an attack; then it begins anew."""
    while True:
        try:
            await attack(*arguments)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        await asyncio.sleep(0.05)


async def slow_handshake():
    """A header, a byte a second."""
    _, writer = await connected()
    for byte in upgrade():
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)


async def silent_connection():
    """Upgraded, and then nothing: never says who it is, answers no ping."""
    reader, _ = await web_socket()
    while await reader.read(1024):
        pass


async def silent_socket():
    """Not a byte."""
    reader, _ = await connected()
    while await reader.read(1024):
        pass


async def deep_json(user):
    """As deep as a frame lets it be; whole, in pieces, in objects, and behind a good beginning."""
    reader, writer = await web_socket(user)
    asyncio.create_task(swallow(reader))
    texts = [
        b"[" * 65_000, b'{"a":' * 13_000, b"[" * 32_000 + b"]" * 32_000,
        b'{"type":"auth","userId":"x","resume":' + b"[" * 60_000, b'{"type":' + b'{"type":' * 8000,
    ]
    while True:
        for text in texts:
            writer.write(frame(text))
            writer.write(frame(text[:30_000], is_final=False) + frame(text[30_000:], opcode=0))
            await writer.drain()


async def giant_frame(length):
    """The header of a frame that is too big, then as much of it as the server takes."""
    _, writer = await web_socket()
    writer.write(struct.pack("!BBQ", 0x81, 0xFF, length) + bytes(4))
    while True:
        writer.write(bytes(65_536))
        await writer.drain()


async def endless_message():
    """Fragments without an end."""
    _, writer = await web_socket()
    writer.write(frame(b"x" * 1000, is_final=False))
    while True:
        writer.write(frame(b"x" * 1000, opcode=0, is_final=False))
        await writer.drain()


async def flood(user, is_reading):
    """One user, as fast as the socket takes it: messages, typing, garbage, small and big."""
    reader, writer = await web_socket(user)
    if is_reading:
        asyncio.create_task(swallow(reader))
    message = event(type="message", senderId=user, receiverId="nobody", messageText="x" * 400)
    batch = (message + event(type="typing", receiverId="nobody") + frame(b"{}") + frame(b"x" * 4000)) * 20
    while True:
        writer.write(batch)
        await writer.drain()


async def pings():
    """Each is answered, and the answers are read."""
    reader, writer = await web_socket("pinger")
    asyncio.create_task(swallow(reader))
    while True:
        writer.write(frame(b"x" * 100, opcode=9) * 200)
        await writer.drain()


async def get_flood(path):
    """From an address of its own, as the proxy that is trusted tells it: as many requests as the server answers."""
    reader, writer = await connected()
    asyncio.create_task(swallow(reader))
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 198.51.100.99\r\n\r\n".encode()
    while True:
        writer.write(request * 20)
        await writer.drain()


async def swallow(reader):
    try:
        while await reader.read(65_536):
            pass
    except OSError:
        pass


async def main():
    tasks = [again_and_again(slow_handshake) for _ in range(CONNECTIONS // 5)]
    tasks += [again_and_again(silent_socket) for _ in range(CONNECTIONS // 5)]
    tasks += [again_and_again(silent_connection) for _ in range(CONNECTIONS * 3 // 5)]
    tasks += [again_and_again(deep_json, user) for user in ("deep", None)]
    tasks += [again_and_again(giant_frame, length) for length in (70_000, 1 << 31, (1 << 63) - 1, (1 << 64) - 1)]
    tasks += [again_and_again(endless_message), again_and_again(pings)]
    tasks += [again_and_again(get_flood, path) for path in (
        "/conversations?userId=flooder", "/messages?userId=flooder&otherUserId=nobody")]
    tasks += [again_and_again(flood, "flooder", number % 2 == 0) for number in range(4)]
    try:
        await asyncio.wait_for(asyncio.gather(*tasks), SECONDS)
    except asyncio.TimeoutError:
        pass


if __name__ == "__main__":
    asyncio.run(main())
    os._exit(0)  # thousands of tasks need not be cancelled one by one
