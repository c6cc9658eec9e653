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
        self.server = run.database.messages()
        # A server that did not know whether it had stored one stored it again under its id.
        self.gone_ids = run.ledger.gone_ids - {message[0] for message in self.server}
        self.order = {}
        for rank, token in enumerate(evidence.tokens(self.server_entries())):
            self.order.setdefault(int(token[1:]), rank)
        self.pairs = sorted({message.pair for message in self.messages.values()}, key=sorted)

    def server_entries(self):
        return [(message[0], message[1]) for message in self.server]

    def required(self, belongs):
        """The messages that a place must have: the accepted ones, and those on the server although nobody saw them
        accepted. What the servers' data lost with a restore need not be anywhere."""
        return {
            message.number for message in self.messages.values()
            if belongs(message) and (
                message.number in self.order
                or (message.accepted or message.was_kept) and message.token not in self.ledger.gone_tokens)}

    def judge(self, place, entries, belongs, is_complete=True):
        required = self.required(belongs) if is_complete else set()
        entries = [entry for entry in entries if entry[0] not in self.gone_ids]
        judge(place, entries, self.messages, self.verdict, required, self.order)

    # MARK: Places

    def judge_answers(self):
        """While the servers run: GET /messages of each, for both sides of each conversation."""
        for port in self.run.answering_ports:
            for pair in self.pairs:
                for user in sorted(pair):
                    other = next(iter(pair - {user}))
                    entries = history(port, user, other)
                    self.judge(
                        f"/messages of {user} with {other}, port {port}", entries,
                        lambda message: message.pair == pair)

    def judge_places(self):
        self.judge("the server's database", self.server_entries(), lambda message: True)
        for text in self.run.database.feed_defects():
            self.ledger.defect(text)
        for user in sorted({window.user for window in self.run.windows}):
            self.judge_local_store(user)
        for window in self.run.windows:
            self.judge_screen(window)
        self.judge_gone()
        for device in self.run.devices:
            self.judge_device(device)

    def judge_device(self, device):
        """Each part in its own order. The parts together have everything, if the device is one that asks for it."""
        def belongs(message):
            return device.user in message.pair

        parts = device.received
        for part in parts[:-1]:
            self.judge(f"what {device.name} received before", part, belongs, is_complete=False)
        is_whole = isinstance(device, NewDevice)
        self.judge(f"what {device.name} received", parts[-1], belongs, is_complete=is_whole and len(parts) == 1)
        if is_whole and len(parts) > 1:
            entries = {message_id: text for part in parts for message_id, text in part}
            numbers = {int(token[1:]) for token in evidence.tokens(entries.items())}
            for number in sorted(self.required(belongs) - numbers):
                self.verdict.find("lost", number, f"what {device.name} received in all")

    def judge_local_store(self, user):
        folder = self.run.data_folder(user)
        for path in evidence.set_aside(folder):
            self.ledger.defect(f"{user}'s store was set aside: {path}")
        path = evidence.local_store(folder)
        if path is None:
            self.ledger.defect(f"{user} has no local store in {folder}")
            return
        open_peers = {window.peer for window in self.run.windows if window.user == user}
        for pair in self.pairs:
            if user in pair:
                peer = next(iter(pair - {user}))
                # A restored server's feed is not read from its beginning, and what is missing is loaded with the
                # conversation.
                later = self.known_to_miss(path, pair, peer) if self.ledger.restores and peer not in open_peers else set()
                self.judge(
                    f"{user}'s store of {peer}", evidence.local_messages(path, peer),
                    lambda message: message.pair == pair and message.number not in later)
        for text in evidence.local_unsent(path):
            self.ledger.defect(f"{user}'s outbox still has {text!r}")
        if self.ledger.restores:
            # What came twice, with an old cursor and a new one, leaves gaps in which nothing is missing.
            return
        for peer, message_id in evidence.local_gaps(path):
            if peer not in open_peers:  # it is requested when the conversation is opened
                continue
            self.ledger.defect(f"{user}'s store of {peer} says that messages are missing before {message_id}")

    def known_to_miss(self, path, pair, peer):
        """The numbers of messages that a store does not have, and knows it."""
        conversation = evidence.of_pair(self.server, pair)
        known = evidence.known_to_miss(path, peer, conversation)
        return {int(token[1:]) for token in evidence.tokens([entry for entry in conversation if entry[0] in known])}

    def judge_gone(self):
        """What a restore has lost, only those may show as delivered to somebody who has it, or to whom it was sent again."""
        kept = {user: self.kept_tokens(user) for user in {message.receiver for message in self.messages.values()}}
        for name, token, life in sorted(self.ledger.gone_and_delivered):
            message = self.ledger.find(token)
            if token not in kept[message.receiver] and message.number not in self.order:
                self.ledger.defect(
                    f"{name}, life {life}, shows the lost {token} as delivered, and {message.receiver} does not have it")

    def kept_tokens(self, user):
        entries = [entry for device in self.run.devices if device.user == user for part in device.received for entry in part]
        path = evidence.local_store(self.run.data_folder(user))
        if path is not None:
            peers = {message.sender for message in self.messages.values() if message.receiver == user}
            entries += [entry for peer in peers for entry in evidence.local_messages(path, peer)]
        return set(evidence.tokens(entries))

    def judge_screen(self, window):
        pair = {window.user, window.peer}
        gone = self.ledger.gone_tokens
        order = [int(token[1:]) for token in evidence.tokens(evidence.of_pair(self.server, pair)) if token not in gone]
        # A screen does not tell ids. What was lost and sent again may be there twice.
        shown = [int(token[1:]) for token in window.last_shown if token not in gone]
        last = set(order[-max(1, len(set(shown))):])
        entries = [(None, self.messages[number].text) for number in shown if number in self.messages]
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
        if self.ledger.restores:
            again = sum(int(token[1:]) in self.order for token in self.ledger.gone_tokens)
            print(
                f"{self.ledger.restores} restored: {len(self.ledger.gone_tokens)} messages gone with it, {again} of them"
                " sent again")
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
        for place in self.run.disks:
            if place.is_small:
                shutil.copytree(place.folder, os.path.join(kept, os.path.basename(place.folder)), dirs_exist_ok=True)
        return self.run.folder
