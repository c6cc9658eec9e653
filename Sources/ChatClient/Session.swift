import ChatWire

/// The client's side of the protocol for one user with at most one open conversation. It connects, authorises, resumes
/// the feed, keeps the outbox, and reconnects without an end.
///
/// `States.swift` has its states, their transitions and the rules. Its properties are grouped by lifetime: the link's,
/// the open conversation's, and the window's. A `Client` runs it. Programs give the `Client` commands; only the
/// `Client` sends reports.
public struct Session: Sendable {
    let user: UserID
    let tellsRead: Bool

    // Replaced as a whole:
    var link = LinkState()
    var conversation: ConversationState

    // As long as the window:
    /// Nil if the list of conversations is not wanted.
    var inbox: Inbox?
    var reconnector: Reconnector
    var delivery = Delivery()
    var confirmations: Confirmations
    var drafts = Drafts()
    var saves = SaveQueue()
    var disk = DiskState()
    /// Whether the program is ending. Refused messages then become drafts.
    var isLeaving = false
    var feed = Feed()
    /// The number of messages to request in a page of the history. It becomes smaller after a failure, as on a slow
    /// link.
    var historyLimit = Session.pageSize
    /// The last message that the user has seen of each conversation in this window. The server may not know it, because
    /// the connection may have been dead.
    var unconfirmedReads: [UserID: MessageID] = [:]

    enum Effect: Sendable, Hashable {
        case load(UserID, opening: Int)
        case loadInbox
        /// Answered by `flagsRead`.
        case readFlags
        case open(link: Int)
        case authorize(user: UserID, resume: FeedPosition?)
        case transmit(ClientEvent)
        case ping(patience: Duration)
        case close
        /// `limit` is nil in protocol 1, which does not support it.
        case fetchHistory(peer: UserID, before: MessageID?, limit: Int?, link: Int)
        case fetchConversations(link: Int)
        /// Answered by `missingFound`.
        case findMissing(except: Set<MessageID>, link: Int)
        case fetchMissing(StoredGap, limit: Int, link: Int)
        /// Answered by `stored` or `notStored` before the next one.
        case store([StoreChange])
        case readOlderPage(peer: UserID, before: MessageID)
        case adoptUnsent(peer: UserID?, since: Timestamp)
        /// Answered by `token` or `sameToken`.
        case readToken(link: Int)
        case update(Update)
        case log(LogLine)
    }

    /// - Parameters:
    ///   - peer: Whose conversation is open at the start; nil for the list of conversations.
    ///   - tellsRead: Whether the server is told how far the user has read.
    init(user: UserID, peer: UserID?, tellsRead: Bool = true, seed: UInt64) {
        self.user = user
        conversation = ConversationState(peer: peer, opening: 0)
        self.tellsRead = tellsRead
        inbox = peer == nil ? Inbox(user: user, serverKnowsRead: tellsRead) : nil
        reconnector = Reconnector(seed: seed)
        confirmations = Confirmations(user: user)
        if let peer { drafts.beginLoading(peer) }
    }

    /// When `tick` is due, unless another input comes first.
    var nextDeadline: ContinuousClock.Instant? {
        [reconnector.nextDeadline, link.nextDeadline, drafts.due, disk.retryDue].compactMap(\.self).min()
    }

    /// Whose conversation is open.
    var peer: UserID? { conversation.peer }
    var outbox: Outbox { delivery.outbox }

    /// The number of messages that are sent without the user as soon as there is a server.
    var waitingMessages: Int { outbox.entries.count { $0.state != .held } }

    /// Whether messages are being sent on an authorised connection.
    var isDelivering: Bool {
        guard phase.isOnline else { return false }
        return waitingMessages > 0
    }

    /// Whether something is not stored yet.
    var isSaving: Bool { !saves.isEmpty || drafts.areHeld }

    mutating func handle(_ command: Command, now: Moment) -> [Effect] {
        let effects = execute(command, now)
        // All changes that were queued are stored in one transaction.
        return effects + save(now)
    }

    mutating func handle(_ report: Report, now: Moment) -> [Effect] {
        let effects = process(report, now)
        return effects + save(now)
    }

    private mutating func execute(_ command: Command, _ now: Moment) -> [Effect] {
        switch command {
        case .start: return start(now)
        case .send(let id, let text, let product): return send(id: id, text: text, about: product, now)
        case .resend(let id): return deliver(.resend(id), now) + transmitNext(now)
        case .discard(let id): return deliver(.discard(id), now)
        case .loadOlder(let before): return peer.map { [.readOlderPage(peer: $0, before: before)] } ?? []
        case .open(let peer): return open(peer, now)
        case .draft(let draft): if let peer { drafts.change(draft, to: peer, at: now.instant) }
        case .typed: return typed(now)
        case .seen(let messageID, let other): return seen(upTo: messageID, in: other)
        case .setBlocked(let isBlocked): return setBlocked(isBlocked)
        case .followList: beginInbox()
        case .setFlag(let flag, let isSet, let peer): return setFlag(flag, isSet, of: peer)
        case .readFlags: return readFlags()
        case .reconnectNow: return reconnect(.connectNow, now)
        }
        return []
    }

    private mutating func process(_ report: Report, _ now: Moment) -> [Effect] {
        switch report {
        case .opened(let link): return link == linkNumber ? authorize(now) : []
        case .event(let event, let link): return link == linkNumber ? receive(event, now) : []
        case .malformed(let reason, let link): return link == linkNumber ? [.log(.badEvent(reason))] : []
        case .ended(let end, let link): return link == linkNumber ? reconnect(.ended(end), now) : []
        case .history(let result, let peer, let before, let link):
            return peer == self.peer ? receiveHistory(result, before: before, of: link, now) : []
        case .conversations(let result, let link): return link == linkNumber ? receiveConversations(result, now) : []
        case .missingFound(let gap, let link): return link == linkNumber ? missingFound(gap, now) : []
        case .missing(let result, let gap, let link):
            return link == linkNumber ? missingFetched(result, gap, now) : []
        case .token(let token, let link): return link == linkNumber ? tokenRead(token, now) : []
        case .sameToken(let link): return link == linkNumber ? sameTokenRead(now) : []
        case .loaded(let result, let peer, let opening): return loaded(result, of: peer, opening: opening, now)
        case .inboxLoaded(let result): return inboxLoaded(result, now)
        case .flagsRead(let result): return flagsRead(result)
        case .stored: return stored(now)
        case .notStored(let failure): return storeFailed(failure, now)
        case .olderPage(let result, let peer, let before):
            return peer == self.peer ? receiveOlderPage(result, before: before) : []
        case .adopted(let messages): return adopted(messages, now) + loadIfUnknown()
        case .woke(let sleep): return woke(after: sleep, now)
        case .tick: return tick(now)
        case .leaving:
            isLeaving = true
            saveDrafts()
        }
        return []
    }
}

// MARK: - Deadlines

extension Session {
    /// The kinds of deadlines. If several have passed, as after the machine's sleep, they are handled in this order.
    private enum Due: CaseIterable {
        case reconnector, resumed, answers, resend, history, inbox, missing, drafts, disk, adopt, token
    }

    private mutating func tick(_ now: Moment) -> [Effect] {
        Due.allCases.flatMap { fire($0, now) }
    }

    private mutating func fire(_ due: Due, _ now: Moment) -> [Effect] {
        switch due {
        case .reconnector: return reconnect(.tick, now)
        case .resumed: return takeLinkDeadline(.resumed, now) ? resumeTimedOut(now) : []
        case .answers:
            switch link.answers.tick(at: now.instant) {
            case .ping(let patience)?: return [.ping(patience: patience)]
            case .giveUp?: return reconnect(.giveUp(.noPong), now)
            case nil: return []
            }
        case .resend: return takeLinkDeadline(.resend, now) ? transmitNext(now) : []
        case .history: return take(\.link.conversation.historyDue, now) ? fetchNewestHistory : []
        case .inbox: return takeLinkDeadline(.inbox, now) ? fetchConversations(now) : []
        case .missing: return takeLinkDeadline(.missing, now) ? findMissing(now) : []
        case .drafts:
            if let due = drafts.due, due <= now.instant { saveDrafts() }
            return []
        // `handle` begins the next transaction itself.
        case .disk: return take(\.disk.retryDue, now) ? loadIfUnknown() : []
        case .adopt: return takeLinkDeadline(.adopt, now) ? adoptUnsent(now) : []
        case .token: return takeLinkDeadline(.token, now) ? [.readToken(link: linkNumber)] : []
        }
    }

    /// Removes a deadline if it has passed.
    /// - Returns: whether it has passed.
    private mutating func takeLinkDeadline(_ deadline: LinkState.Deadline, _ now: Moment) -> Bool {
        link.deadlines.take(deadline, at: now.instant)
    }

    private mutating func take(_ deadline: WritableKeyPath<Session, ContinuousClock.Instant?>, _ now: Moment) -> Bool {
        guard let due = self[keyPath: deadline], due <= now.instant else { return false }
        self[keyPath: deadline] = nil
        return true
    }
}

// MARK: - Receiving

extension Session {
    private mutating func receive(_ event: ServerEvent, _ now: Moment) -> [Effect] {
        switch event {
        case .authSuccess(let success): return authorized(success, now)
        case .messageSent(let confirmation): return confirmed(confirmation, now)
        case .newMessage(let event): return received(event, now)
        case .error(let failure): return failed(failure, now)
        case .resumeComplete(let cursor): return resumed(upTo: cursor, now)
        case .resyncRequired: return resyncRequired(now)
        case .delivered(let user, let messageID):
            marked(ConversationMark(user: user, delivered: messageID), peer: user)
        case .read(let reader, let other, let messageID):
            marked(ConversationMark(user: reader, read: messageID), peer: other ?? reader)
        case .typing(let user): return user == peer ? [.update(.typing)] : []
        case .presence(let presence):
            link.note(presence)
            guard presence.user == peer else { return [] }
            return [.update(.presence(isOnline: presence.isOnline, lastSeen: presence.lastSeen))]
        case .tokenExpiring: return tokenExpiring()
        case .blocked(let user, let isBlocked): return blocked(isBlocked, user, now)
        case .unknown: break
        }
        return []
    }

    private mutating func failed(_ failure: ServerEvent.Failure, _ now: Moment) -> [Effect] {
        switch phase {
        case .online: return refused(failure, now)
        case .authorizing: return reconnect(.refused(failure.code), now)
        case .idle, .loading, .waiting, .connecting, .stopped: return []
        }
    }
}
