"""Clients without a screen: one speaks protocol 2 as documented, and one is of the old kind."""
import asyncio
import http.client
import json
import urllib.parse
import urllib.request
import uuid

from websocket import Closed, WebSocket

PROTOCOL_1_FIELDS = {
    "auth_success": {"message"},
    "message_sent": {"messageId"},
    "new_message": {"message"},
    "error": {"message", "code"},
}
MESSAGE_FIELDS = {"id", "sender_id", "receiver_id", "message_text", "created_at"}


class Device:
    """What both kinds share: a connection that is always opened again, and one message in flight."""

    def __init__(self, name, user, peers, network, ledger, random, pace):
        self.name, self.user, self.peers = name, user, peers
        self.network, self.ledger, self.random, self.pace = network, ledger, random, pace
        self.socket = None
        self.message = None
        # Others' messages, and the user's own from elsewhere: (id, text) in parts, each in its own order. There is only
        # one, unless the device had to load everything again.
        self.received = [[]]
        self.is_live = False
        self.is_writing = True

    async def run(self):
        while True:
            try:
                self.socket = await WebSocket.connect(self.network.port)
                await self.talk()
            except Closed:
                pass
            finally:
                self.is_live = False
                if self.socket is not None:
                    self.socket.close()
                    self.socket = None
            await asyncio.sleep(self.random.uniform(0, 1))

    async def talk(self):
        """Until the connection ends, or is silent although it was pinged."""
        await self.authorize()
        pinged_at = 0
        while True:
            event = await self.socket.receive(0.05 if self.may_send else 1)
            if event is not None:
                await self.take(event)
            elif self.socket.silence > 9:
                raise Closed("silence")
            elif self.socket.silence > 3 and asyncio.get_running_loop().time() - pinged_at > 3:
                pinged_at = asyncio.get_running_loop().time()
                await self.socket.ping()
            if self.may_send and self.pace.take():
                self.message = self.ledger.begin(
                    self.random, self.name, self.user, self.random.choice(self.peers))
                await self.send()

    @property
    def may_send(self):
        return self.is_live and self.message is None and self.is_writing


class NewDevice(Device):
    """Protocol 2: resumes where it was, and sends each message with an id until it is confirmed."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.epoch, self.cursor, self.last_id = None, 0, None
        # The last `auth_success`.
        self.offered = None
        self.resyncs = 0

    async def authorize(self):
        event = {"type": "auth", "userId": self.user, "protocol": 2}
        if self.epoch is not None:
            event["resume"] = {"epoch": self.epoch, "cursor": self.cursor}
            if self.last_id is not None:
                event["resume"]["messageId"] = self.last_id
        await self.socket.send(event)

    async def send(self):
        self.client_id = str(uuid.uuid4())
        await self.send_again()

    async def send_again(self):
        await self.socket.send({
            "type": "message", "senderId": self.user, "receiverId": self.message.receiver,
            "messageText": self.message.text, "clientMessageId": self.client_id})

    async def take(self, event):
        kind = event["type"]
        if kind == "auth_success":
            if event.get("protocol") != 2:
                self.ledger.defect(f"{self.name}: no protocol 2 from the server")
            if self.epoch is None:
                # The feed is live from here on; nothing was written yet.
                self.epoch, self.cursor = event["epoch"], event["cursor"]
                self.is_live = True
            self.offered = event
        elif kind == "resume_complete":
            self.is_live = True
            if event["cursor"] != self.cursor:
                self.ledger.defect(f"{self.name}: resumed up to {event['cursor']}, but {self.cursor} came last")
            if self.message is not None:
                await self.send_again()
        elif kind == "resync_required":
            await self.resync()
        elif kind == "new_message":
            await self.store(event["cursor"], event["message"]["id"], event["message"]["message_text"])
        elif kind == "message_sent" and self.message is not None and event.get("clientMessageId") == self.client_id:
            message, self.message = self.message, None
            self.ledger.accept(message)
            # A repeat may be at a position in the feed that was resumed already.
            if event["cursor"] > self.cursor:
                await self.store(event["cursor"], event["messageId"], message.text)
        elif kind == "error":
            await self.take_error(event)

    async def resync(self):
        """The feed goes on after the cursor of `auth_success`; what came before it has to be loaded. (GET /messages gives
        no cursors, so what arrives meanwhile may be there, too.)"""
        try:
            loaded = await asyncio.to_thread(everything, self.network.port, self.user)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Closed(str(error)) from None
        self.resyncs += 1
        if self.resyncs > self.ledger.restores or self.offered["epoch"] == self.epoch:
            self.ledger.defect(
                f"{self.name} had to load everything again, {self.resyncs} times after {self.ledger.restores} restores;"
                f" the epoch was {self.epoch} and is {self.offered['epoch']}")
        self.received += loaded + [[]]
        self.epoch, self.cursor = self.offered["epoch"], self.offered["cursor"]
        self.last_id = self.offered.get("messageId")
        self.is_live = True
        if self.message is not None:
            await self.send_again()

    async def take_error(self, event):
        if event.get("code") == "storage_failed" and not self.is_live:
            raise Closed("the database is away, so nobody is authorized")
        if event.get("code") in ("storage_failed", "rate_limited") and self.message is not None:
            await asyncio.sleep(event.get("retryAfterMs", 300) / 1000)
            await self.send_again()
        else:
            self.ledger.defect(f"{self.name}: {event}")

    async def store(self, cursor, message_id, text):
        if cursor != self.cursor + 1:
            self.ledger.defect(f"{self.name}: cursor {cursor} after {self.cursor}")
        self.cursor, self.last_id = cursor, message_id
        self.received[-1].append((message_id, text))
        await self.socket.send({"type": "ack", "cursor": cursor})


class OldDevice(Device):
    """Protocol 1: no ids, no resume. A message without a confirmation may have arrived, and is not sent again."""

    async def authorize(self):
        await self.socket.send({"type": "auth", "userId": self.user})
        if self.message is not None:
            self.ledger.doubt(self.message)
            self.message = None

    async def send(self):
        await self.socket.send({
            "type": "message", "senderId": self.user, "receiverId": self.message.receiver,
            "messageText": self.message.text})

    async def take(self, event):
        kind = event.get("type")
        if PROTOCOL_1_FIELDS.get(kind) != set(event) - {"type"}:
            self.ledger.defect(f"{self.name}: protocol 1 has no such event: {event}")
        if kind == "auth_success":
            self.is_live = True
        elif kind == "message_sent" and self.message is not None:
            self.ledger.accept(self.message)
            self.message = None
        elif kind == "error" and event.get("code") == "storage_failed" and not self.is_live:
            raise Closed("the database is away, so nobody is authorized")
        elif kind == "error" and event.get("code") == "storage_failed" and self.message is not None:
            # It was certainly refused, so the same message is sent again, as a user would do.
            await asyncio.sleep(0.3)
            await self.send()
        elif kind == "error":
            self.ledger.defect(f"{self.name}: {event}")
        elif kind == "new_message":
            if set(event["message"]) != MESSAGE_FIELDS or event["message"]["receiver_id"] != self.user:
                self.ledger.defect(f"{self.name}: not a message of protocol 1: {event}")
            self.received[-1].append((event["message"]["id"], event["message"]["message_text"]))


# MARK: HTTP


def history(port, user, other):
    """Reads the whole conversation with GET /messages, page by page. Returns (id, text), the oldest message first."""
    messages, before = [], None
    while True:
        query = {"userId": user, "otherUserId": other, "limit": "200"}
        if before is not None:
            query["before"] = before
        page = ask(port, "/messages", query)["messages"]
        if not page:
            return messages
        messages = [(message["id"], message["message_text"]) for message in page] + messages
        before = page[0]["id"]


def everything(port, user):
    """The user's conversations, each as `history` has it."""
    peers = ask(port, "/conversations", {"userId": user, "limit": 200})["conversations"]
    return [history(port, user, peer["userId"]) for peer in peers]


def get(port, path):
    """Returns a page's text. Raises OSError, also for a status that is an error."""
    url = f"http://127.0.0.1:{port}{path}"
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        return answer.read().decode()


def ask(port, path, query):
    """Returns what a page has as JSON."""
    return json.loads(get(port, f"{path}?{urllib.parse.urlencode(query)}"))
