import ChatWire

// Protocol 2: the user's feed, of which every message has its cursor. What is here has no holes.

/// How far the feed is here, and whether it is complete.
struct Feed: Sendable {
    /// What was received last. Nil before the first connection to a server of protocol 2.
    var position: FeedPosition?
    var state: State = .unknown
    /// Where the server's feed ended when the connection was authorised: where it goes on if it does not continue ours.
    var restart: FeedPosition?
    /// What the disk has of the feed could not be read yet: it keeps its position until it can, or what lies between would
    /// never be asked for.
    var isDiskUnknown = false
    /// Where the feed ends here while it is reloaded: an interruption goes back to it.
    private var positionBeforeReload: FeedPosition?
    /// What the server leaves out.
    var gap = FeedGap()
    /// The open conversation's newest messages are here without a hole, so that the feed is all it takes.
    var hasConversation = false

    enum State: Sendable, Hashable {
        /// Not connected, or to a server of protocol 1.
        case unknown
        /// The server sends what was missed.
        case resuming
        /// The server has no feed that continues what is here: the conversation is fetched over HTTP.
        case reloading
        case live
    }

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

    mutating func reload(from end: FeedPosition) {
        positionBeforeReload = position
        position = end
        state = .reloading
    }

    /// What was not reloaded to the end is to be reloaded again.
    mutating func interrupt() {
        if state == .reloading { position = positionBeforeReload }
        state = .unknown
    }

    func arrival(of cursor: Int) -> Arrival {
        guard let position else { return .hole }
        if cursor <= position.cursor { return .known }
        return cursor == position.cursor + 1 ? .next : .hole
    }
}

extension Session {
    mutating func feedBegins(_ event: ServerEvent.AuthSuccess, _ now: Moment) -> [Effect] {
        var effects = outbox.takeBackInFlight().flatMap { hold($0, .unconfirmed) }
        let end = FeedPosition(epoch: event.epoch ?? "", cursor: event.cursor ?? 0, messageID: event.messageID)
        if feed.position == nil || feed.isStuck {
            feed.reload(from: end)
            effects += reloadConversation(now) + transmitNext(now)
        } else {
            // In case that the server finds them not to continue what is here.
            feed.restart = end
            feed.state = .resuming
            feed.gap.resume(upTo: end.cursor)
            deadlines[.resumed] = now.instant + feed.gap.patience
        }
        return effects
    }

    mutating func resyncRequired(_ now: Moment) -> [Effect] {
        guard feed.state == .resuming, let restart = feed.restart else { return [] }
        if let known = feed.position?.epoch, known != restart.epoch { inbox?.forgetCursors() }
        feed.gap = FeedGap()
        deadlines[.resumed] = nil
        feed.reload(from: restart)
        return [.log(.resyncing)] + reloadConversation(now)
    }

    mutating func resumed(upTo cursor: Int, _ now: Moment) -> [Effect] {
        guard feed.state == .resuming, !feed.gap.hasEnded else { return [] }
        feed.gap.ended(at: cursor)
        if feed.isComplete { return goLive(now) + fetchHistoryIfMissing() }
        deadlines[.resumed] = now.instant + feed.gap.patience
        return []
    }

    /// What was stored after the authorisation does not tell that the feed's end is still to come.
    private mutating func wentOn(to cursor: Int, _ now: Moment) -> [Effect] {
        guard feed.state == .resuming else { return [] }
        if feed.isComplete { return goLive(now) + fetchHistoryIfMissing() }
        if feed.gap.isAnnounced(cursor) { deadlines[.resumed] = now.instant + feed.gap.patience }
        return []
    }

    /// Neither the rest of the resumed feed came in time, nor its end, or not all that was before its end.
    mutating func lackedSome(_ now: Moment) -> [Effect] {
        guard feed.gap.hasEnded else { return giveUp(.timedOut, now) }
        feed.gap.close(having: feed.position?.cursor ?? 0)
        return missed(now)
    }

    /// The feed is here: tells so once it is on disk, and lets waiting messages go.
    mutating func goLive(_ now: Moment, hasHistory: Bool = true) -> [Effect] {
        feed.state = .live
        deadlines[.resumed] = nil
        // Without the conversation's history before it something may be missing still.
        if feed.hasConversation { saves.append(nil, then: .caughtUp(link: link, isWhole: hasHistory)) }
        if !feed.isDiskUnknown {
            saves.append(nil, then: .acknowledge(cursor: feed.position?.cursor ?? 0, link: link))
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
        switch feed.arrival(of: cursor) {
        case .next: return arrived(stored, now) + wentOn(to: cursor, now)
        case .known:
            settleOwn(stored)
            return transmitNext(now)
        case .hole: return cameEarly(cursor, now)
        }
    }

    private mutating func arrived(_ stored: StoredMessage, _ now: Moment) -> [Effect] {
        let message = stored.message
        let isOwn = message.sender == user
        if isOwn, let id = stored.clientMessageID, outbox[id] != nil {
            settled(id, as: stored, isNew: true)
            return [.log(.received(message))] + transmitNext(now)
        }
        if isOwn { settledIDs.insert(message.id) }
        forgetUnsent(of: message, id: stored.clientMessageID)
        keep(stored, then: .received(message))
        return [.log(.received(message))] + askForName(of: message.sender)
    }

    /// It is not kept: it comes again in its turn. While the feed is resumed, what it overtook may follow.
    private mutating func cameEarly(_ cursor: Int, _ now: Moment) -> [Effect] {
        guard feed.state == .resuming else { return missed(now) }
        feed.gap.cameEarly(cursor)
        return []
    }

    /// Something between the last cursor and another one did not come: the next connection asks for it. Not at once, so that
    /// a server which always leaves one out is not run over. Where two resumed feeds end without it, the conversations are
    /// loaded anew.
    mutating func missed(_ now: Moment) -> [Effect] {
        [.log(.missedMessages)] + giveUp(.lost, now)
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
        guard let position = feed.position else { return }
        let next = FeedPosition(epoch: position.epoch, cursor: cursor, messageID: messageID)
        feed.position = next
        // While the conversation is reloaded, the feed on disk still ends where it did; so it does where it is unknown.
        guard feed.state != .reloading, !feed.isDiskUnknown else { return }
        saves.append(.advance(next), then: .acknowledge(cursor: cursor, link: link))
    }
}
