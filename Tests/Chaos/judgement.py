"""Checks every place at the end, and reports the result of the run."""
import os
import shutil

import evidence
from devices import NewDevice, history
from verdict import Verdict, judge

MOST_FINDINGS = 40


class Judgement:
    def __init__(self, run):
        self.run, self.ledger = run, run.ledger
        self.verdict = Verdict()
        self.messages = run.ledger.messages
        self.server = evidence.server_messages(run.database)
        self.order = {}
        for rank, token in enumerate(evidence.tokens(self.server_entries())):
            self.order.setdefault(int(token[1:]), rank)
        self.pairs = sorted({message.pair for message in self.messages.values()}, key=sorted)

    def server_entries(self):
        return [(message[0], message[1]) for message in self.server]

    def required(self, belongs):
        """The messages that a place must have: the accepted ones, and those on the server although nobody saw them
        accepted."""
        return {
            message.number for message in self.messages.values()
            if belongs(message) and (message.accepted or message.was_kept or message.number in self.order)}

    def judge(self, place, entries, belongs, is_complete=True):
        required = self.required(belongs) if is_complete else set()
        judge(place, entries, self.messages, self.verdict, required, self.order)

    # MARK: Places

    def judge_answers(self):
        """While the server runs: GET /messages, for both sides of each conversation."""
        for pair in self.pairs:
            for user in sorted(pair):
                other = next(iter(pair - {user}))
                entries = [
                    (message["id"], message["message_text"])
                    for message in history(self.run.server.port, user, other)]
                self.judge(f"/messages of {user} with {other}", entries, lambda message: message.pair == pair)

    def judge_places(self):
        self.judge("the server's database", self.server_entries(), lambda message: True)
        for text in evidence.feed_defects(self.run.database):
            self.ledger.defect(text)
        for user in sorted({window.user for window in self.run.windows}):
            self.judge_local_store(user)
        for window in self.run.windows:
            self.judge_screen(window)
        for device in self.run.devices:
            self.judge(
                f"what {device.name} received", device.received, lambda message: device.user in message.pair,
                is_complete=isinstance(device, NewDevice))

    def judge_local_store(self, user):
        folder = self.run.data_folder(user)
        for path in evidence.set_aside(folder):
            self.ledger.defect(f"{user}'s store was set aside: {path}")
        path = evidence.local_store(folder)
        if path is None:
            self.ledger.defect(f"{user} has no local store in {folder}")
            return
        for pair in self.pairs:
            if user in pair:
                peer = next(iter(pair - {user}))
                self.judge(
                    f"{user}'s store of {peer}", evidence.local_messages(path, peer),
                    lambda message: message.pair == pair)
        for text in evidence.local_unsent(path):
            self.ledger.defect(f"{user}'s outbox still has {text!r}")
        open_peers = {window.peer for window in self.run.windows if window.user == user}
        for peer, message_id in evidence.local_gaps(path):
            if peer not in open_peers:  # it is requested when the conversation is opened
                continue
            self.ledger.defect(f"{user}'s store of {peer} says that messages are missing before {message_id}")

    def judge_screen(self, window):
        pair = {window.user, window.peer}
        order = [int(token[1:]) for token in evidence.tokens(evidence.of_pair(self.server, pair))]
        shown = [int(token[1:]) for token in window.last_shown]
        last = set(order[-max(1, len(set(shown))):])
        entries = [(number, self.messages[number].text) for number in shown if number in self.messages]
        judge(f"the screen of {window.name}", entries, self.messages, self.verdict, last, self.order)

    # MARK: The report

    def report(self, seconds):
        verdict, tally = self.verdict, self.run.tally
        for finding, places in sorted(verdict.findings.items())[:MOST_FINDINGS]:
            print(f"{finding}: {'; '.join(places)}")
        if len(verdict.findings) > MOST_FINDINGS:
            print(f"… and {len(verdict.findings) - MOST_FINDINGS} more")
        doubtful = [message for message in self.messages.values() if message.unsure]
        found = sum(message.number in self.order for message in doubtful)
        sent = self.ledger.accepted + found
        print(
            f"{len(doubtful)} whose writer was killed before a line showed: {found} sent, {len(doubtful) - found} never"
            " accepted")
        print(", ".join(f"{name}: {count}" for name, count in sorted(tally.items())))
        is_well = verdict.is_clean and not self.ledger.defects
        if not is_well:
            folder = self.keep()
            print(f"{len(self.ledger.defects)} other defects; {len(verdict.strange)} texts that nobody wrote so")
            print(f"seed {self.run.options.seed}; logs, screens and databases are in {folder}")
        print(f"{seconds / 60:.1f} minutes")
        print(
            f"{sent} sent, {len(verdict.lost)} lost, {len(verdict.doubled)} duplicated,"
            f" {len(verdict.reordered)} reordered", flush=True)
        return is_well

    def keep(self):
        """Copies what is on the run's disks, since these vanish with it."""
        kept = os.path.join(self.run.folder, "kept")
        for place in (self.run.server_disk, self.run.client_disk):
            if place.is_small:
                shutil.copytree(place.folder, os.path.join(kept, os.path.basename(place.folder)), dirs_exist_ok=True)
        return self.run.folder
