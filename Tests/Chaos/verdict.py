"""Nothing lost, nothing twice, nothing out of order: compares the content of a place with what was written.

A place is a list of (message id, text) in its own order. The code is pure, so every run first tests that it finds
each kind of fault.
"""
import re
from collections import Counter
from dataclasses import dataclass, field

from ledger import Message

NUMBER = re.compile(r"m(\d{6})\b")


@dataclass
class Verdict:
    lost: set = field(default_factory=set)
    doubled: set = field(default_factory=set)
    reordered: set = field(default_factory=set)
    # Texts that differ from what was written, or that nobody wrote.
    strange: list = field(default_factory=list)
    # A fault, and the places that have it.
    findings: dict = field(default_factory=dict)

    @property
    def is_clean(self):
        return not self.findings

    def find(self, kind, number, place, why=""):
        """`kind` is the name of one of the sets."""
        getattr(self, kind).add(number)
        self.findings.setdefault(f"{kind}: m{number:06d}{why}", []).append(place)

    def find_strange(self, text, place):
        self.strange.append(text)
        self.findings.setdefault(f"strange: {text!r}", []).append(place)


def numbered(place, entries, messages, verdict):
    """The numbers of a place's messages in order. A message that cannot be one of `messages` is reported as strange."""
    numbers = []
    for _, text in entries:
        match = NUMBER.match(text)
        message = messages.get(int(match[1])) if match else None
        if message is None or message.text.encode() != text.encode():
            verdict.find_strange(text, place)
        else:
            numbers.append(message.number)
    return numbers


def judge(place, entries, messages, verdict, required, order=None):
    """Checks one place against all messages (number → Message).

    `required` are the numbers that must be there. `order` gives the rank of each number in the server's order, if
    that is to be compared. The order of each writer is always compared.
    """
    numbers = numbered(place, entries, messages, verdict)
    counts = Counter(numbers)
    for number in sorted(required - counts.keys()):
        verdict.find("lost", number, place)
    for number, count in counts.items():
        if count > 1:
            verdict.find("doubled", number, place)
    last = {}
    last_rank = -1
    for number in numbers:
        message = messages[number]
        key = (message.writer, message.pair)
        if message.ordered and number < last.get(key, 0):
            verdict.find("reordered", number, place, f", after m{last[key]:06d} of {message.writer}")
        elif message.ordered:
            last[key] = number
        rank = order.get(number, -1) if order is not None else last_rank + 1
        if rank < last_rank:
            verdict.find("reordered", number, place, ", against the server's order")
        last_rank = max(rank, last_rank)
    return numbers


# MARK: The verdict's own test


def self_test():
    """Each kind of fault, made by hand, must be found, and nothing else."""
    messages = {
        number: Message(number, "window", "a", "b", f"m{number:06d} text", accepted=True) for number in range(1, 6)}
    entries = [(f"id{number}", message.text) for number, message in messages.items()]
    order = {number: number for number in messages}

    def findings(changed, order=None):
        verdict = Verdict()
        judge("test", changed, messages, verdict, set(messages), order)
        return len(verdict.lost), len(verdict.doubled), len(verdict.reordered), len(verdict.strange)

    others = {number: Message(number, f"window {number}", "a", "b", message.text) for number, message in messages.items()}
    verdict = Verdict()
    judge("test", [entries[1], entries[0]] + entries[2:], others, verdict, set(messages), order)
    results = [
        findings(entries, order) == (0, 0, 0, 0),
        findings(entries[:2] + entries[3:]) == (1, 0, 0, 0),
        findings(entries[:3] + [("other", entries[1][1])] + entries[3:])[1] == 1,
        findings(entries + [entries[4]]) == (0, 1, 0, 0),
        findings([entries[1], entries[0]] + entries[2:])[2] == 1,
        findings(entries + [("x", "m000003 other text")])[3] == 1,
        findings(entries + [("x", "m000099 text")])[3] == 1,
        len(verdict.reordered) == 1,
    ]
    if not all(results):
        raise AssertionError(f"the verdict does not find what it has to find: {results}")
