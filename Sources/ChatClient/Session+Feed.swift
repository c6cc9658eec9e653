import ChatWire

// Protocol 2: the user's feed, in which every message has a cursor. The client keeps it without gaps.

/// How far the feed was received. It outlives the link.
struct Feed: Sendable {
    /// The position up to which the feed was received without a gap; nil before the first connection to a server of
    /// protocol 2.
    var position: FeedPosition?
    /// The messages that the server leaves out.
    var gap = FeedGap()

    /// What an arriving cursor means.
    enum Arrival {
        case next
        case duplicate
        case gap
    }

    /// Whether the server left out the same messages twice, or sends them in an unreadable form. Requesting them again
    /// would never end.
    var isStuck: Bool { position.flatMap { gap.repeatedlyMissing(after: $0.cursor) } != nil }

    /// Whether the resumed feed has arrived to its end.
    var isComplete: Bool { position.map { gap.isComplete(having: $0.cursor) } ?? false }
}

extension Session {
    /// The last received position. While the conversation is reloaded, this is beyond the stored feed.
    var position: FeedPosition? {
        if case .reloading(let position) = link.feed { position } else { feed.position }
    }

    func arrival(of cursor: Int) -> Feed.Arrival {
        guard let position else { return .gap }
        if cursor <= position.cursor { return .duplicate }
        return cursor == position.cursor + 1 ? .next : .gap
    }

    mutating func feedBegins(_ event: ServerEvent.AuthSuccess, _ now: Moment) -> [Effect] {
        var effects = deliver(.authorized, now)
        let end = FeedPosition(epoch: event.epoch ?? "", cursor: event.cursor ?? 0, messageID: event.messageID)
        if feed.position == nil || feed.isStuck {
            link.feed.move(by: .reload(end: end))
            if feed.position != nil { noteNewBeginning(at: end) }
            effects += reloadConversation(now) + transmitNext(now)
        } else {
            // The server may find that it cannot continue at our position.
            link.feed.move(by: .resume(end: end))
            feed.gap.resume(upTo: end.cursor)
            link.deadlines[.resumed] = now.instant + feed.gap.patience
        }
        return effects
    }

    mutating func resyncRequired(_ now: Moment) -> [Effect] {
        guard case .resuming(let end) = link.feed else { return [] }
        if let known = feed.position?.epoch, known != end.epoch { inbox?.forgetCursors() }
        feed.gap = FeedGap()
        link.deadlines[.resumed] = nil
        link.feed.move(by: .resync)
        noteNewBeginning(at: end)
        saves.append(nil, then: .update(.serverRestored))
        return [.log(.resyncing)] + reloadConversation(now)
    }

    /// The feed does not continue where it was. The disk is told before anything else comes: what arrives while the
    /// conversation is fetched then has its place in the new feed, and is not taken to follow what was there before, from
    /// which an interruption may have parted it.
    private mutating func noteNewBeginning(at end: FeedPosition) {
        if !disk.isPositionUnknown { saves.append(.restart(end)) }
    }

    mutating func resumed(upTo cursor: Int, _ now: Moment) -> [Effect] {
        guard link.feed.isResuming, !feed.gap.hasEnded else { return [] }
        feed.gap.ended(at: cursor)
        if feed.isComplete { return goLive(now) + fetchHistoryIfMissing() }
        link.deadlines[.resumed] = now.instant + feed.gap.patience
        return []
    }

    /// Extends the deadline only for messages from before the authorisation. Later ones do not show that the resumed
    /// feed is progressing.
    private mutating func feedProgressed(to cursor: Int, _ now: Moment) -> [Effect] {
        guard link.feed.isResuming else { return [] }
        if feed.isComplete { return goLive(now) + fetchHistoryIfMissing() }
        if feed.gap.isAnnounced(cursor) { link.deadlines[.resumed] = now.instant + feed.gap.patience }
        return []
    }

    /// The deadline of the resumed feed has passed: its messages, or its end, are missing.
    mutating func resumeTimedOut(_ now: Moment) -> [Effect] {
        guard feed.gap.hasEnded, let position = feed.position else { return reconnect(.giveUp(.timedOut), now) }
        feed.gap.close(having: position.cursor)
        return reconnectAfterGap(now)
    }

    /// The feed is complete: reports that once it is stored, and sends waiting messages.
    mutating func goLive(_ now: Moment, hasHistory: Bool = true) -> [Effect] {
        link.feed.move(by: .complete)
        link.deadlines[.resumed] = nil
        // Earlier messages of the conversation may still be missing without its history.
        if conversation.isWhole { saves.append(nil, then: .caughtUp(link: linkNumber, isWhole: hasHistory)) }
        if !disk.isPositionUnknown, let cursor = feed.position?.cursor, cursor > 0 {
            saves.append(nil, then: .acknowledge(cursor: cursor, link: linkNumber))
        }
        return sendReadMarks() + askAboutBlock() + adoptUnsent(now) + transmitNext(now)
            + fetchConversations(now, marked: Set(readMarksToSend.map(\.key)))
    }

    /// The feed continues from its end: fetches the open conversation from the server. Without an open conversation the
    /// feed is enough.
    private mutating func reloadConversation(_ now: Moment) -> [Effect] {
        list(.skipped)
        return peer == nil ? settleFeed(with: nil, now) : fetchNewestHistory
    }

    /// Handles a message that another user sent, or this user in another window.
    mutating func received(_ event: ServerEvent.NewMessage, _ now: Moment) -> [Effect] {
        let (sender, receiver) = (event.message.sender, event.message.receiver)
        // A message to oneself is invalid, even if a server sends one.
        guard sender == user || receiver == user, sender != receiver else { return [] }
        let stored = StoredMessage(
            message: event.message, cursor: event.cursor, clientMessageID: event.clientMessageID,
            product: event.product)
        guard let cursor = event.cursor else { return arrived(stored, now) }
        switch arrival(of: cursor) {
        case .next: return arrived(stored, now) + feedProgressed(to: cursor, now)
        case .duplicate:
            settleOwn(stored, now)
            return transmitNext(now)
        case .gap: return receivedEarly(cursor, now)
        }
    }

    private mutating func arrived(_ stored: StoredMessage, _ now: Moment) -> [Effect] {
        let message = stored.message
        let isOwn = message.sender == user
        if isOwn, let id = stored.clientMessageID, outbox[id] != nil {
            settled(id, as: stored, isNew: true, now)
            return [.log(.received(message))] + transmitNext(now)
        }
        if isOwn { confirmations.settle(message.id) }
        forgetUnsent(of: message, id: stored.clientMessageID)
        keep(stored, then: .received(message))
        fetchMissingLater(now)
        return [.log(.received(message))] + askForName(of: message.sender)
    }

    /// A message that arrived before its turn. It is not stored, since it arrives again. While the feed is resumed, the
    /// messages before it may still follow.
    private mutating func receivedEarly(_ cursor: Int, _ now: Moment) -> [Effect] {
        guard link.feed.isResuming else { return reconnectAfterGap(now) }
        feed.gap.receivedEarly(cursor)
        return []
    }

    /// Messages before the last cursor are missing: closes the link, and the next one requests them. The wait before it
    /// protects a server that always leaves one out. If two resumed feeds end without them, the conversations are
    /// loaded anew.
    mutating func reconnectAfterGap(_ now: Moment) -> [Effect] {
        [.log(.missedMessages)] + reconnect(.giveUp(.lost), now)
    }

    /// Stores a message of the feed together with its position, then shows it, then acknowledges it.
    mutating func keep(_ stored: StoredMessage, then update: Update) {
        let message = stored.message
        saves.append(.message(stored))
        if message.peer(of: user) == peer { saves.append(nil, then: .update(update)) }
        list(.arrived(message, stored.product))
        if let product = stored.product {
            learn(product, with: message.peer(of: user))
        }
        if let cursor = stored.cursor { advance(to: cursor, messageID: message.id) }
    }

    /// Stores the product of the conversation with `peer`, which its last message named.
    private mutating func learn(_ product: Product, with peer: UserID) {
        let change = StoreChange.profile(name: nil, product: product, peer: peer)
        if peer == self.peer {
            saves.append(change, then: .update(.profile(name: nil, product: product)))
        } else {
            saves.append(change)
        }
    }

    mutating func advance(to cursor: Int, messageID: MessageID) {
        guard let position else { return }
        let next = FeedPosition(epoch: position.epoch, cursor: cursor, messageID: messageID)
        // While the conversation is reloaded, or the stored position is unknown, the stored position stays.
        if link.feed.move(by: .advance(to: next)) { return }
        feed.position = next
        guard !disk.isPositionUnknown else { return }
        saves.append(.advance(next), then: .acknowledge(cursor: cursor, link: linkNumber))
    }
}
