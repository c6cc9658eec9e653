import ChatWire

// Who has what, who has seen it, who is writing and who is there. None of it reaches a client of the first protocol,
// and none of it comes from one.

/// The peers of the last days were asked for, a page of them at a time.
struct PeerSyncProgress: Sendable {
    /// Whether the client is told how far the conversations are.
    var tellsMarks = false
    /// Receipts that came while a page was looked up. They follow its marks, which may be older; those of the next pages are
    /// looked up later, so they are not.
    var receipts: [ServerEvent] = []
    /// Something was missed: it is to be asked for once more.
    var again = false
    /// The page to ask for when the socket has taken the last; nil while one is looked up.
    var next: PeerPagePosition?

    static let maxReceipts = 64
}

extension Session {
    mutating func acknowledge(_ cursor: Int) -> [Action] {
        guard let opened else { return [failure(.notAuthorized)] }
        guard opened.speaksProtocol2 else { return [] }
        guard cursor <= opened.sent else {
            return [.log(.badEvent("ack of \(cursor), sent was \(opened.sent)")), failure(.invalidEvent)]
        }
        guard cursor > opened.acknowledged else { return [] }
        self.opened?.acknowledged = cursor
        return [.acknowledge(Acknowledgement(user: opened.user, cursor: cursor))]
    }

    mutating func read(with peer: UserID, upTo messageID: MessageID) -> [Action] {
        guard let opened else { return [failure(.notAuthorized)] }
        guard opened.speaksProtocol2 else { return [] }
        readsInFlight += 1
        return [.markRead(by: opened.user, with: peer, upTo: messageID.canonical)]
            + pauseReadingIfTooMuchWaits()
    }

    mutating func readMarked(_ result: Result<Bool?, StoreError>) -> [Action] {
        readsInFlight -= 1
        let resume = resumeReadingIfDrained()
        switch result {
        case .success(.some): return resume
        case .success(nil):
            return [.log(.badEvent("read up to an unknown message")), failure(.invalidEvent)] + resume
        case .failure(let error): return [.log(.databaseFailed(error)), failure(.storageFailed)] + resume
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

// MARK: - What the client is told

extension Session {
    mutating func relay(_ event: ServerEvent) -> [Action] {
        guard speaksProtocol2 else { return [] }
        guard event.isReceipt else { return [.send(event)] }
        if pending.catchUp != nil {
            // It may be about a message that is still to come. The marks come after it.
            pending.catchUp?.missedReceipt = true
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

    /// What a page of them costs: as many reads as an `auth`, each for two hundred.
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
            // `auth` was said anew. What would be told now is told when that has been answered in full.
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

    /// The socket has taken a page: the next one.
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

    /// Of no use later, so not worth the memory if the client is slow.
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
    /// As they are told to the user whose `own` is.
    var events: [ServerEvent] {
        var events: [ServerEvent] = []
        if let id = peer.delivered { events.append(.delivered(user: peer.user, messageID: id)) }
        if let id = peer.read { events.append(.read(user: peer.user, otherUser: nil, messageID: id)) }
        if let id = own.read { events.append(.read(user: own.user, otherUser: peer.user, messageID: id)) }
        return events
    }
}
