"""Who wrote what, and what is known of it: the messages of a run. The text of each contains a number of its own."""
import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"m\d{6}")
# Ends longer texts, because a draft shows only the end of one.
DRAFT_TOKEN = re.compile(r"[mw]\d{6}")
LONG = 60

WORDS = [
    "Здравствуйте", "продаю", "ещё", "цена", "\"торг\"", "back\\slash", "{\"json\":1}", "<b>", "100%", "'quote'", "price",
    "коробка", "👍", "👨‍👩‍👧", "日本", "é", "e\u0301", "&amp;", "$HOME", "`ls`", "завтра", "метро", "ok", "№5", "—",
]


@dataclass
class Message:
    number: int
    writer: str
    sender: str
    receiver: str
    text: str
    # A screen showed it as waiting or later, or it was confirmed. It must be everywhere.
    accepted: bool = False
    # Its writer was killed before its state was known. It may be there, once.
    unsure: bool = False
    # Unknown as well, but it had been in the draft for so long that it must be on disk.
    was_kept: bool = False
    # Its position among the writer's messages is known. If another window sends it for one that is gone, it is not.
    ordered: bool = True

    @property
    def token(self):
        return f"m{self.number:06d}"

    @property
    def pair(self):
        return frozenset((self.sender, self.receiver))


@dataclass
class Ledger:
    messages: dict = field(default_factory=dict)
    accepted: int = 0
    unsure: int = 0
    # Faults other than lost, doubled and reordered messages.
    defects: list = field(default_factory=list)
    # How often the servers' data were replaced by an older state of themselves.
    restores: int = 0
    # The ids and the tokens of the messages that this lost. A client may keep them or not. Whoever does not know that
    # one was stored sends it again, under another id.
    gone_ids: set = field(default_factory=set)
    gone_tokens: set = field(default_factory=set)
    # (window, token, life): lost messages that a screen showed as delivered after that.
    gone_and_delivered: set = field(default_factory=set)

    def begin(self, random, writer, sender, receiver, single_line=False):
        number = len(self.messages) + 1
        message = Message(number, writer, sender, receiver, filler(random, f"m{number:06d}", single_line))
        self.messages[number] = message
        return message

    def accept(self, message):
        if not message.accepted:
            message.accepted = True
            self.accepted += 1

    def doubt(self, message, was_kept=False):
        """From now on the message may be there, once, anywhere among its writer's."""
        if not message.unsure and not message.accepted:
            message.unsure, message.ordered, message.was_kept = True, False, was_kept
            self.unsure += 1

    def restore(self, gone):
        """The data were replaced: `gone` are the (id, text) of the messages that the new ones lack."""
        self.restores += 1
        for message_id, text in gone:
            self.gone_ids.add(message_id)
            if (match := TOKEN.match(text)) is not None:
                self.gone_tokens.add(match[0])
                # If it is sent again, others may have been written since.
                self.find(match[0]).ordered = False

    def look(self, window):
        """Notes what a screen says of messages that were lost."""
        for token in self.gone_tokens.intersection(window.delivered):
            self.gone_and_delivered.add((window.name, token, window.life))

    def find(self, token):
        return self.messages.get(int(token[1:]))

    def defect(self, text):
        print(f"! {text}", flush=True)
        self.defects.append(text)


def filler(random, token, single_line):
    """A text that begins with the token. Most are short, some are long, and some have several lines."""
    count = random.choice([0, 1, 2, 3, 4, 6, 8, 40])
    words = [token] + [random.choice(WORDS) for _ in range(count)]
    separators = [" "] if single_line else [" ", " ", " ", " ", " ", "\n"]
    text = words[0]
    for word in words[1:]:
        text += random.choice(separators) + word
    return text + f" w{token[1:]}" if len(text) > LONG or "\n" in text else text
