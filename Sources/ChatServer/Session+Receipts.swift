import ChatWire

// Receipts, typing notices and presence. Clients of the first protocol neither send nor get them.

/// The state of a request for the marks and presence of the user's recent peers, page by page.
struct PeerSyncProgress: Sendable {
    /// Whether the client is sent the marks.
    var tellsMarks = false
    /// Receipts that arrived while a page was read. They are sent after its marks, which may be older. The marks of the
    /// next pages are read later, so they include these receipts.
    var receipts: [ServerEvent] = []
    /// Whether something was missed, so that everything has to be requested again.
    var again = false
    /// The page to request when the socket has taken the last one; nil while one is being read.
    var next: PeerPagePosition?

    static let maxReceipts = 64
}

extension Session {
    mutating func acknowledge(_ cursor: Int) -> [Action] {
        guard let opened else { return [failure(.notAuthorized)] }
        guard opened.speaksProtocol2 else { return [] }
        guard cursor <= opened.sent else {
            if hasOtherNodes {
                pending.earlyAck = max(pending.earlyAck ?? 0, cursor)
                return []
            }
            return [
                .log(.badEvent("ack of \(cursor), sent was \(opened.sent)")), failure(.invalidEvent, answers: .ack),
            ]
        }
        guard cursor > opened.acknowledged ?? 0 else { return [] }  // no message is at a cursor below 1
        self.opened?.acknowledged = cursor
        return [.acknowledge(Acknowledgement(user: opened.user, cursor: cursor))]
    }

    /// Two connections of one device share what it has. If they are at two nodes, the device may have a message from one of
    /// them that the other one is still to be sent.
    mutating func releaseEarlyAck() -> [Action] {
        guard let cursor = pending.earlyAck, let sent = opened?.sent, cursor <= sent else { return [] }
        pending.earlyAck = nil
        return acknowledge(cursor)
    }

    mutating func read(with peer: UserID, upTo messageID: MessageID) -> [Action] {
        guard let opened else { return [failure(.notAuthorized)] }
        guard opened.speaksProtocol2 else { return [] }
        readsInFlight += 1
        return [.markRead(by: opened.user, with: peer, upTo: messageID.canonical)]
            + pauseReadingIfBacklogged()
    }

    mutating func readMarked(_ result: Result<Bool?, StoreError>) -> [Action] {
        readsInFlight -= 1
        let resume = resumeReadingIfDrained()
        switch result {
        case .success(.some): return resume
        case .success(nil):
            return [.log(.badEvent("read up to an unknown message")), failure(.invalidEvent, answers: .read)] + resume
        case .failure(let error):
            return [.log(.databaseFailed(error)), failure(.storageFailed, answers: .read)] + resume
        }
    }

    mutating func typing(to receiver: UserID, _ now: Timestamp) -> [Action] {
        guard let opened else { return [failure(.notAuthorized)] }
        guard opened.speaksProtocol2, receiver != opened.user, typingThrottle.opens(for: receiver, at: now) else {
            return []
        }
        return [.relayTyping(by: opened.user, to: receiver)]
    }
}

// MARK: - Events to the client

extension Session {
    mutating func relay(_ event: ServerEvent) -> [Action] {
        guard speaksProtocol2 else { return [] }
        guard event.isReceipt else { return [.send(event)] }
        if pending.catchUp != nil {
            pending.catchUp?.add(event)
            return []
        }
        guard let peerSync = pending.peerSync, peerSync.tellsMarks, peerSync.next == nil else {
            return [.send(event)]
        }
        if peerSync.receipts.count < PeerSyncProgress.maxReceipts {
            pending.peerSync?.receipts.append(event)
        } else {
            pending.peerSync?.again = true
        }
        return []
    }

    /// Sends the marks and the presence of the peers again.
    mutating func receiptsMissed() -> [Action] {
        guard speaksProtocol2 else { return [] }
        if pending.catchUp != nil {
            pending.catchUp?.missedReceipt = true
            return []
        }
        return syncPeers(tellingMarks: true)
    }

    /// The permits of a page of peers: five, like an `auth`, because it takes as many reads, each for two hundred rows.
    static let permitsOfPeers = 5

    mutating func syncPeers(tellingMarks: Bool) -> [Action] {
        guard let user else { return [] }
        if pending.peerSync != nil {
            pending.peerSync?.again = true
            if tellingMarks { pending.peerSync?.tellsMarks = true }
            return []
        }
        pending.peerSync = PeerSyncProgress(tellsMarks: tellingMarks)
        return [.syncPeers(of: user)]
    }

    mutating func takePeers(
        _ marks: [ConversationMarks], _ presences: [ServerEvent.Presence], _ next: PeerPagePosition?
    ) -> [Action] {
        guard var peerSync = pending.peerSync else { return [] }
        pending.peerSync = nil
        guard speaksProtocol2 else { return [] }
        var events: [ServerEvent] = []
        if pending.catchUp != nil {
            // A second `auth` is being handled. What would be sent now is sent when it is answered in full.
            if peerSync.tellsMarks { pending.catchUp?.missedReceipt = true }
        } else if peerSync.tellsMarks {
            events = marks.flatMap(\.events) + peerSync.receipts
        }
        events += presences.map { .presence($0) }
        let actions = events.map { Action.send($0) }
        if let next {
            peerSync.receipts = []
            peerSync.next = next
            pending.peerSync = peerSync
            return actions + [.awaitSent(permits: Self.permitsOfPeers)]
        }
        return actions + (peerSync.again ? syncPeers(tellingMarks: peerSync.tellsMarks) : [])
    }

    /// The socket has taken a page, so the next one is requested.
    mutating func syncMorePeers() -> [Action] {
        guard let user, let next = pending.peerSync?.next else { return [] }
        pending.peerSync?.next = nil
        return [.syncPeers(of: user, from: next)]
    }
}

extension ServerEvent {
    var isReceipt: Bool {
        switch self {
        case .delivered, .read: true
        case .authSuccess, .messageSent, .newMessage, .error, .resumeComplete, .resyncRequired, .typing, .presence,
            .tokenExpiring, .blocked, .unknown:
            false
        }
    }

    /// Whether the event is useless later, so that it may be dropped if the client reads slowly.
    var isSheddable: Bool {
        switch self {
        case .typing, .presence: true
        case .authSuccess, .messageSent, .newMessage, .error, .resumeComplete, .resyncRequired, .delivered, .read,
            .tokenExpiring, .blocked, .unknown:
            false
        }
    }
}

extension ConversationMarks {
    /// The events for the user whose marks are `own`.
    var events: [ServerEvent] {
        var events: [ServerEvent] = []
        if let id = peer.delivered { events.append(.delivered(user: peer.user, messageID: id)) }
        if let id = peer.read { events.append(.read(user: peer.user, otherUser: nil, messageID: id)) }
        if let id = own.read { events.append(.read(user: own.user, otherUser: peer.user, messageID: id)) }
        return events
    }
}
