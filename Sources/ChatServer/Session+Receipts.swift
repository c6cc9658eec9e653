import ChatWire

// Who has what, who has seen it, who is writing and who is there. None of it reaches a client of the first protocol,
// and none of it comes from one.

/// The peers of the last days were asked for, a page of them at a time.
struct Greeting: Sendable {
    /// Whether the client is told how far the conversations are.
    var tellsMarks = false
    /// Receipts that came while a page was looked up. They follow its marks, which may be older; those of the next pages are
    /// looked up later, so they are not.
    var receipts: [ServerEvent] = []
    /// Something was missed: it is to be asked for once more.
    var again = false
    /// The page to ask for when the socket has taken the last; nil while one is looked up.
    var next: PeersPlace?

    static let mostReceipts = 64
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
        guard opened.speaksProtocol2, receiver != opened.user, typingGate.opens(for: receiver, at: now) else {
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
        if underway.catchUp != nil {
            // It may be about a message that is still to come. The marks come after it.
            underway.catchUp?.missedReceipt = true
            return []
        }
        guard let greeting = underway.greeting, greeting.tellsMarks, greeting.next == nil else {
            return [.send(event)]
        }
        if greeting.receipts.count < Greeting.mostReceipts {
            underway.greeting?.receipts.append(event)
        } else {
            underway.greeting?.again = true
        }
        return []
    }

    /// What a page of them costs: as many reads as an `auth`, each for two hundred.
    static let permitsOfPeers = 5

    mutating func meetPeers(tellingMarks: Bool) -> [Action] {
        guard let user else { return [] }
        if underway.greeting != nil {
            underway.greeting?.again = true
            if tellingMarks { underway.greeting?.tellsMarks = true }
            return []
        }
        underway.greeting = Greeting(tellsMarks: tellingMarks)
        return [.meetPeers(of: user)]
    }

    mutating func meet(
        _ marks: [ConversationMarks], _ presences: [ServerEvent.Presence], _ next: PeersPlace?
    ) -> [Action] {
        guard var greeting = underway.greeting else { return [] }
        underway.greeting = nil
        guard speaksProtocol2 else { return [] }
        var events: [ServerEvent] = []
        if underway.catchUp != nil {
            // `auth` was said anew. What would be told now is told when that has been answered in full.
            if greeting.tellsMarks { underway.catchUp?.missedReceipt = true }
        } else if greeting.tellsMarks {
            events = marks.flatMap(\.events) + greeting.receipts
        }
        events += presences.map { .presence($0) }
        let actions = events.map { Action.send($0) }
        if let next {
            greeting.receipts = []
            greeting.next = next
            underway.greeting = greeting
            return actions + [.awaitSent(permits: Self.permitsOfPeers)]
        }
        return actions + (greeting.again ? meetPeers(tellingMarks: greeting.tellsMarks) : [])
    }

    /// The socket has taken a page: the next one.
    mutating func meetMorePeers() -> [Action] {
        guard let user, let next = underway.greeting?.next else { return [] }
        underway.greeting?.next = nil
        return [.meetPeers(of: user, from: next)]
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
