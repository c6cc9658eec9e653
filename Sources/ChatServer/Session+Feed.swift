import ChatWire

// The order in which a connection is sent its user's feed.

extension Session {
    mutating func deliver(_ stored: StoredMessage, _ now: Timestamp) -> [Action] {
        guard let opened else {
            if let user = pending.attempt?.admission?.user, let cursor = stored.cursor(of: user) {
                pending.catchUp?.add(stored, at: cursor, of: user, own: nil)
            }
            return []
        }
        return sendInOrder(stored, of: opened.user, own: nil, now)
    }

    /// Reads what another node or program has stored. If it has not, as a forged hint may say, nothing happens. Of a log-in that is under way, `open` reads everything.
    mutating func feedGrew(to cursor: Int, _ now: Timestamp) -> [Action] {
        guard let opened else {
            pending.catchUp?.noteHint(cursor)
            return []
        }
        if cursor <= opened.sent { return [] }
        if pending.catchUp == nil { pending.catchUp = CatchUp() }
        pending.catchUp?.noteHint(cursor)
        return advance(now)
    }

    /// Sends a message if it is the next of the feed. Otherwise the message waits for its place.
    mutating func sendInOrder(
        _ stored: StoredMessage, of user: UserID, own: OwnMessage?, _ now: Timestamp
    ) -> [Action] {
        guard let sent = opened?.sent, let cursor = stored.cursor(of: user) else { return [] }
        // The feed is past a repeat, or a second `auth` has moved it past this message. The sender needs the answer.
        if cursor <= sent { return own == nil ? [] : event(for: stored, own: own) }
        if pending.catchUp == nil {
            if cursor == sent + 1 {
                opened?.sent = cursor
                return event(for: stored, own: own)
            }
            pending.catchUp = CatchUp()
        }
        pending.catchUp?.add(stored, at: cursor, of: user, own: own)
        return advance(now)
    }

    /// Continues the catch-up, if it can.
    mutating func advance(_ now: Timestamp) -> [Action] {
        guard let user, pending.attempt == nil, pending.catchUp?.step == .ready else { return [] }
        var actions: [Action] = []
        var bytes = 0
        while bytes < feedBytesAtOnce, let sent = opened?.sent,
            let next = pending.catchUp?.next(after: sent, of: user)
        {
            opened?.sent = sent + 1
            bytes += next.message.wireBytes
            actions += event(for: next.message, own: next.own)
        }
        guard let opened, let highestCursor = pending.catchUp?.highestCursor else { return actions }
        if opened.sent >= highestCursor { return actions + becomeLive(at: opened.sent, now) }
        if bytes > 0 {
            pending.catchUp?.step = .sending
            return actions + [.awaitSent(permits: 1)]
        }
        guard messagesInFlight == 0 else { return [] }
        pending.catchUp?.beginReading()
        return [.readFeed(of: user, after: opened.sent, limit: CatchUp.pageSize)]
    }

    private mutating func becomeLive(at cursor: Int, _ now: Timestamp) -> [Action] {
        guard let catchUp = pending.catchUp else { return [] }
        pending.catchUp = nil
        var actions: [Action] = []
        if catchUp.isResume { actions.append(.send(.resumeComplete(cursor: cursor))) }
        if catchUp.isResume || catchUp.missedReceipt {
            actions += syncPeers(tellingMarks: true)
        } else {
            for receipt in catchUp.receipts { actions += relay(receipt) }
        }
        return actions + handleDeferred(now)
    }

    mutating func take(page: [StoredMessage], after cursor: Int, _ now: Timestamp) -> [Action] {
        // If this is not the requested page, it was requested before a second `auth`.
        guard let opened, pending.catchUp?.step == .reading, cursor == opened.sent else { return [] }
        pending.catchUp?.step = .ready
        guard pending.catchUp?.add(page: page, after: cursor, of: opened.user) == true else { return feedFailed() }
        return advance(now)
    }

    mutating func sent(_ now: Timestamp) -> [Action] {
        let more = syncMorePeers()
        guard pending.catchUp?.step == .sending else { return more }
        pending.catchUp?.step = .ready
        return more + advance(now)
    }

    /// The feed must be sent without a gap. The client connects again later and resumes.
    func feedFailed() -> [Action] {
        pending.catchUp == nil ? [] : [.close(code: .unexpectedCondition)]
    }

    private func event(for stored: StoredMessage, own: OwnMessage?) -> [Action] {
        guard let opened else { return [] }
        if let own { return [.send(.messageSent(confirmation(of: stored, isRepeat: own == .repeated)))] }
        if opened.speaksProtocol2 {
            let event = ServerEvent.NewMessage(
                message: stored.message, cursor: stored.cursor(of: opened.user),
                clientMessageID: stored.clientMessageID, product: stored.product)
            return [.send(.newMessage(event))]
        }
        // A client of protocol 1 would show a message that its user wrote elsewhere in whatever conversation is open.
        guard stored.message.receiver == opened.user else { return [] }
        return [.send(.newMessage(.init(message: stored.message)))]
    }
}
