import ChatWire

// The conversation's history over HTTP. In protocol 1 it is fetched after every authorisation; in protocol 2 only if
// the feed is not enough. Older pages are fetched when this machine has no more.

/// The state of the history on a connection.
struct HistoryState: Sendable, Hashable {
    /// Whether the newest page was fetched on this connection, or is known to be unavailable.
    var isSettled = false
    /// The parts of the newest page that have arrived, if it comes in parts.
    var parts: Parts?

    struct Parts: Sendable, Hashable {
        var peer: UserID
        var page: HistoryPage
        /// The message before which the next part ends.
        var first: MessageID
    }
}

extension Session {
    /// After how many failures a client of protocol 1 continues without a history. It sends nothing before.
    private static let maxFailuresBeforeSending = 3
    static let pageSize = 200
    private static let minPageSize = 10

    var fetchNewestHistory: [Effect] {
        let parts = link.history.parts.flatMap { $0.peer == peer ? $0 : nil }
        return fetchHistory(before: parts?.first, atMost: Self.pageSize - (parts?.page.messages.count ?? 0))
    }

    private func fetchHistory(before: MessageID?, atMost maximum: Int = Session.pageSize) -> [Effect] {
        guard let peer else { return [] }
        let limit = isProtocol1 ? nil : min(historyLimit, maximum)
        return [.fetchHistory(peer: peer, before: before, limit: limit, link: linkNumber)]
    }

    /// Fetches the history with the first message of a peer whose name is unknown. A message contains only its sender's
    /// id; the history contains the name.
    mutating func askForName(of sender: UserID) -> [Effect] {
        guard sender == peer, link.feed == .live, !conversation.isPeerNameSettled else { return [] }
        conversation.isPeerNameSettled = true
        return fetchNewestHistory
    }

    /// Protocol 1: fetches the history after the authorisation.
    mutating func historyBegins(_ now: Moment) -> [Effect] {
        peer == nil ? settle(with: nil, 1, now) : fetchNewestHistory
    }

    /// Fetches the messages of this conversation from before the stored feed began.
    func fetchHistoryIfMissing() -> [Effect] {
        conversation.isWhole ? [] : fetchNewestHistory
    }

    mutating func receiveHistory(
        _ result: Result<HistoryPage, HistoryFailure>, before: MessageID?, of number: Int, _ now: Moment
    ) -> [Effect] {
        adaptPages(to: result)
        let result = result.map(\.inOrderOfCursors)
        guard before == nil || before == link.history.parts?.first else { return receiveOlderHistory(result) }
        guard number == linkNumber, case .online(let version) = phase else { return [] }
        switch result {
        case .success(let part):
            let page = joined(part, before: before)
            if version >= 2, let rest = fetchRest(of: page) { return rest }
            link.history.parts = nil
            let answer = HistoryAnswer(page, isProtocol1: version < 2, ofThisConversation)
            take(answer)
            return reportProblems(of: answer) + settle(with: answer, version, now)
        case .failure(.notProvided):
            return [.update(.historyUnavailable(.notProvided))] + settle(with: nil, version, now)
        case .failure(let failure):
            return [.update(.historyUnavailable(failure))] + retryHistory(version, now)
        }
    }

    private mutating func adaptPages(to result: Result<HistoryPage, HistoryFailure>) {
        switch result {
        case .success: historyLimit = min(historyLimit * 2, Self.pageSize)
        case .failure(let failure) where failure.mayPass: historyLimit = max(historyLimit / 4, Self.minPageSize)
        case .failure: break
        }
    }

    /// The part, joined with the parts after it.
    private func joined(_ part: HistoryPage, before: MessageID?) -> HistoryPage {
        guard before != nil, var page = link.history.parts?.page else { return part }
        page.messages = part.messages + page.messages
        page.unreadable = part.unreadable + page.unreadable
        (page.hasMore, page.marks) = (part.hasMore, part.marks ?? page.marks)
        return page
    }

    /// Fetches the rest of a page that came in parts. Messages that arrived on this connection are shown already, so
    /// only a whole page tells whether messages before it are missing.
    /// - Returns: nil if the page is whole.
    private mutating func fetchRest(of page: HistoryPage) -> [Effect]? {
        guard let peer, page.hasMore == true, page.messages.count < Self.pageSize, page.unreadable.isEmpty,
            let first = page.messages.first?.message.id, first != link.history.parts?.first
        else { return nil }
        link.history.parts = HistoryState.Parts(peer: peer, page: page, first: first)
        return fetchNewestHistory
    }

    private mutating func receiveOlderHistory(_ result: Result<HistoryPage, HistoryFailure>) -> [Effect] {
        switch result {
        case .success(let page):
            let answer = HistoryAnswer(page, isProtocol1: isProtocol1, ofThisConversation)
            take(answer)
            return reportProblems(of: answer)
        case .failure(let failure): return [.update(.historyUnavailable(failure))]
        }
    }

    /// Whether the message belongs to the open conversation. A faulty server might return others, which must not be
    /// shown.
    private func ofThisConversation(_ message: Message) -> Bool {
        peer.map { message.isBetween(user, $0) } ?? false
    }

    /// Reports the problems of an answer. The report follows the page, after it is stored.
    private mutating func reportProblems(of answer: HistoryAnswer) -> [Effect] {
        if let problem = answer.problem { saves.append(nil, then: .update(.historyUnavailable(problem))) }
        return answer.page.unreadable.isEmpty ? [] : [.log(.badRows(answer.page.unreadable.count))]
    }

    /// Stores a page, then shows it.
    private mutating func take(_ answer: HistoryAnswer) {
        guard let peer else { return }
        let page = answer.page
        let ofPeer = page.messages.filter { $0.message.sender == peer }
        if !ofPeer.isEmpty { conversation.isPeerNameSettled = true }
        let name = ofPeer.last { $0.sender.name != nil }?.sender.name
        if let name {
            saves.append(
                .profile(name: name, product: nil, peer: peer), then: .update(.profile(name: name, product: nil)))
        }
        let messages = page.messages.map(\.message)
        if answer.isTruncated {
            // Messages may be missing after these, so they are not stored as a page.
            saves.append(nil, then: .update(.oldest(messages)))
        } else if page.unreadable.isEmpty || !messages.isEmpty {
            store(page, of: peer, then: .update(.history(messages, hasOlder: page.hasMore ?? false)))
        }
        if let name { list(.named(name, nil, peer: peer)) }
        if let newest = messages.last { list(.newest(newest)) }
        for mark in page.marks ?? [] { marked(mark, peer: peer) }
    }

    /// Stores a page's messages.
    /// - Parameters:
    ///   - page: A page of the conversation without gaps.
    ///   - isFetchable: Whether a disk that refuses it drops it, because it can be fetched again.
    mutating func store(
        _ page: HistoryPage, of peer: UserID, isFetchable: Bool = false, then followUp: SaveQueue.FollowUp
    ) {
        let run = page.messages.map(StoredMessage.init)
        saves.append(
            .page(run, peer: peer, hasOlder: page.hasMore ?? false), isFetchable: isFetchable, then: followUp)
        for entry in page.messages { forgetUnsent(of: entry.message, id: entry.clientMessageID) }
    }

    /// The history was read.
    /// - Parameter answer: Nil if the history is not available.
    mutating func settle(with answer: HistoryAnswer?, _ version: Int, _ now: Moment) -> [Effect] {
        // Messages that were sent on this connection before are answered on it.
        let settlesOutbox = !link.history.isSettled
        link.history.isSettled = true
        link.conversation.historyFailures = 0
        if version >= 2 {
            let effects = settleFeed(with: answer?.page, now)
            markSettled(answer, except: nil)
            return effects
        }
        let complete = answer.flatMap { $0.isComplete ? $0.page : nil }
        // The message in flight may be in the history already. It still waits for its confirmation.
        let unanswered = longestUnanswered.flatMap { confirmation(of: $0, in: answer?.page) }
        let effects = settlesOutbox ? settleOutbox(with: complete, now) : []
        markSettled(answer, except: unanswered?.id)
        saves.append(nil, then: .caughtUp(link: linkNumber, isWhole: answer.map { !$0.isTruncated } ?? false))
        return effects + adoptUnsent(now)
    }

    /// - Parameter unanswered: The message of the history that may be the one in flight.
    private mutating func markSettled(_ answer: HistoryAnswer?, except unanswered: MessageID?) {
        guard let answer else { return }
        // A page of protocol 2 is not the whole conversation.
        confirmations.markSettled(answer, except: unanswered, completeWith: isProtocol1 ? peer : nil)
        if answer.isComplete { conversation.knowledge = .all }
    }

    /// Protocol 2: settles own messages that are in the page. After a reload the feed is live.
    mutating func settleFeed(with page: HistoryPage?, _ now: Moment) -> [Effect] {
        let wasMissing = !conversation.isWhole
        conversation.isWhole = true
        for entry in page?.messages ?? [] where entry.message.sender == user {
            settleOwn(StoredMessage(entry), now)
        }
        guard case .reloading(let position) = link.feed else {
            if wasMissing, link.feed == .live {
                saves.append(nil, then: .caughtUp(link: linkNumber, isWhole: page != nil))
            }
            return []
        }
        feed.position = position
        if !disk.isPositionUnknown { saves.append(.restart(position)) }
        return goLive(now, hasHistory: page != nil)
    }

    private mutating func retryHistory(_ version: Int, _ now: Moment) -> [Effect] {
        let delay = Duration.seconds(min(1 << min(link.conversation.historyFailures, 5), 30))
        link.conversation.historyFailures += 1
        link.conversation.historyDue = now.instant + delay
        guard version < 2, link.conversation.historyFailures >= Self.maxFailuresBeforeSending, !link.history.isSettled
        else { return [] }
        link.history.isSettled = true
        return settleOutbox(with: nil, now) + adoptUnsent(now)
    }
}

// MARK: - Older pages

extension Session {
    /// Shows the older messages from the disk. If there are none, or a gap, the server is asked.
    mutating func receiveOlderPage(_ result: Result<StoredPage, StoreFailure>, before: MessageID) -> [Effect] {
        if case .success(let page) = result, !page.messages.isEmpty {
            return [.update(.history(page.messages.map(\.message), hasOlder: page.hasOlder || page.followsGap))]
        }
        guard case .online = phase else { return [.update(.history([], hasOlder: true))] }
        return fetchHistory(before: before)
    }
}

extension StoredMessage {
    init(_ entry: HistoryPage.Entry) {
        self.init(
            message: entry.message, cursor: entry.cursor, clientMessageID: entry.clientMessageID,
            product: entry.product)
    }
}
