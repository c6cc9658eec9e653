import ChatWire

// Protocol 2: the user's feed, of which every message has its cursor. What is here has no holes.

/// How far the feed is here, whatever the connections do.
struct Feed: Sendable {
    /// What was received last without a hole. Nil before the first connection to a server of protocol 2.
    var position: FeedPosition?
    /// What the server leaves out.
    var gap = FeedGap()

    /// What a cursor that arrives means.
    enum Arrival {
        case next
        case known
        case hole
    }

    /// The server leaves out again what it left out before, or sends it so that it cannot be read: asking for it once more
    /// would go on for ever.
    var isStuck: Bool { gap.leftOutAgain(behind: position?.cursor ?? 0) != nil }

    /// The resumed feed is here to its end.
    var isComplete: Bool { gap.isComplete(having: position?.cursor ?? 0) }
}

extension Session {
    /// What was received last: while the feed is reloaded, behind its end.
    var position: FeedPosition? {
        if case .reloading(let position) = link.feed { position } else { feed.position }
    }

    func arrival(of cursor: Int) -> Feed.Arrival {
        guard let position else { return .hole }
        if cursor <= position.cursor { return .known }
        return cursor == position.cursor + 1 ? .next : .hole
    }

    mutating func feedBegins(_ event: ServerEvent.AuthSuccess, _ now: Moment) -> [Effect] {
        var effects = deliver(.authorized, now)
        let end = FeedPosition(epoch: event.epoch ?? "", cursor: event.cursor ?? 0, messageID: event.messageID)
        if feed.position == nil || feed.isStuck {
            link.feed.move(by: .reload(end: end))
            effects += reloadConversation(now) + transmitNext(now)
        } else {
            // In case that the server finds them not to continue what is here.
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
        return [.log(.resyncing)] + reloadConversation(now)
    }

    mutating func resumed(upTo cursor: Int, _ now: Moment) -> [Effect] {
        guard link.feed.isResuming, !feed.gap.hasEnded else { return [] }
        feed.gap.ended(at: cursor)
        if feed.isComplete { return goLive(now) + fetchHistoryIfMissing() }
        link.deadlines[.resumed] = now.instant + feed.gap.patience
        return []
    }

    /// What was stored after the authorisation does not tell that the feed's end is still to come.
    private mutating func wentOn(to cursor: Int, _ now: Moment) -> [Effect] {
        guard link.feed.isResuming else { return [] }
        if feed.isComplete { return goLive(now) + fetchHistoryIfMissing() }
        if feed.gap.isAnnounced(cursor) { link.deadlines[.resumed] = now.instant + feed.gap.patience }
        return []
    }

    /// Neither the rest of the resumed feed came in time, nor its end, or not all that was before its end.
    mutating func lackedSome(_ now: Moment) -> [Effect] {
        guard feed.gap.hasEnded else { return reconnect(.giveUp(.timedOut), now) }
        feed.gap.close(having: feed.position?.cursor ?? 0)
        return missed(now)
    }

    /// The feed is here: tells so once it is on disk, and lets waiting messages go.
    mutating func goLive(_ now: Moment, hasHistory: Bool = true) -> [Effect] {
        link.feed.move(by: .complete)
        link.deadlines[.resumed] = nil
        // Without the conversation's history before it something may be missing still.
        if conversation.isWhole { saves.append(nil, then: .caughtUp(link: linkNumber, isWhole: hasHistory)) }
        if !disk.isFeedUnknown {
            saves.append(nil, then: .acknowledge(cursor: feed.position?.cursor ?? 0, link: linkNumber))
        }
        return tellSeen() + askAboutBlock() + adoptUnsent(now) + transmitNext(now)
            + fetchConversations(now, told: Set(toldSeen.map(\.key)))
    }

    /// The open conversation as the server has it; without one the feed is all that is needed.
    private mutating func reloadConversation(_ now: Moment) -> [Effect] {
        peer == nil ? settleFeed(with: nil, now) : fetchNewestHistory
    }

    /// A message that somebody else sent, or the user in another window.
    mutating func received(_ event: ServerEvent.NewMessage, _ now: Moment) -> [Effect] {
        let (sender, receiver) = (event.message.sender, event.message.receiver)
        // Nobody writes to themselves, whatever a server says.
        guard sender == user || receiver == user, sender != receiver else { return [] }
        let stored = StoredMessage(
            message: event.message, cursor: event.cursor, clientMessageID: event.clientMessageID,
            product: event.product)
        guard let cursor = event.cursor else { return arrived(stored, now) }
        switch arrival(of: cursor) {
        case .next: return arrived(stored, now) + wentOn(to: cursor, now)
        case .known:
            settleOwn(stored, now)
            return transmitNext(now)
        case .hole: return cameEarly(cursor, now)
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
        return [.log(.received(message))] + askForName(of: message.sender)
    }

    /// It is not kept: it comes again in its turn. While the feed is resumed, what it overtook may follow.
    private mutating func cameEarly(_ cursor: Int, _ now: Moment) -> [Effect] {
        guard link.feed.isResuming else { return missed(now) }
        feed.gap.cameEarly(cursor)
        return []
    }

    /// Something between the last cursor and another one did not come: the next connection asks for it. Not at once, so that
    /// a server which always leaves one out is not run over. Where two resumed feeds end without it, the conversations are
    /// loaded anew.
    mutating func missed(_ now: Moment) -> [Effect] {
        [.log(.missedMessages)] + reconnect(.giveUp(.lost), now)
    }

    /// Stores a message of the feed with the feed's new position, then shows it, then acknowledges it.
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

    /// What the conversation with `peer` is about: what its last message named.
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
        // While the conversation is reloaded, the feed on disk still ends where it did; so it does where it is unknown.
        if link.feed.move(by: .advance(to: next)) { return }
        feed.position = next
        guard !disk.isFeedUnknown else { return }
        saves.append(.advance(next), then: .acknowledge(cursor: cursor, link: linkNumber))
    }
}
