import ChatWire

// The history that this machine does not have is fetched in the background, for the search and for `export`. A first
// log-in, for example, stores only the last message of each conversation.
//
// One page is requested at a time, with a pause after each, and only while nothing else is to be done. Windows with the
// list do it. They continue until nothing is missing.

/// A place in a conversation where messages are missing on this machine.
public struct StoredGap: Sendable, Hashable {
    public var peer: UserID
    /// The server has, or may have, messages directly before this one.
    public var before: MessageID
    /// The message before which the page ends that is to be fetched; nil for the newest page. The page includes the
    /// message of `before` if its place in the feed is known, because the server's list may have told only its text.
    public var pageEnd: MessageID?

    public init(peer: UserID, before: MessageID, pageEnd: MessageID?) {
        self.peer = peer
        self.before = before
        self.pageEnd = pageEnd
    }
}

/// The state of fetching the missing history on a connection.
struct MissingHistory: Sendable {
    /// Whether an answer of the disk or of the server is awaited.
    var isUnderWay = false
    var last: StoredGap?
    /// The messages before which nothing could be fetched.
    var skipped: Set<MessageID> = []
    /// Whether the server failed, so that a later request may succeed.
    var hasFailed = false
    /// How many conversations in a row the server did not have.
    var notProvided = 0
}

extension Session {
    static let missingPause: Duration = .seconds(1)
    private static let missingPauseWhenBusy: Duration = .seconds(5)
    private static let missingPauseAfterFailure: Duration = .seconds(30)
    private static let missingRetryDelay: Duration = .seconds(600)
    /// After this many conversations in a row that the server does not have, it is taken for one without a history.
    private static let maxNotProvided = 3
    /// A search that is shown is repeated so often at most.
    private static let missingNewsInterval: Duration = .seconds(5)

    /// Begins to fetch what is missing, or continues.
    mutating func fetchMissing(after pause: Duration = Session.missingPause, _ now: Moment) {
        guard inbox != nil, link.feed == .live, !link.missing.isUnderWay else { return }
        guard link.deadlines[.missing] == nil else { return }
        link.deadlines[.missing] = now.instant + pause
    }

    /// The first message of a conversation, or one after a feed that began anew, may follow messages that are not here.
    mutating func fetchMissingLater(_ now: Moment) { fetchMissing(after: Self.missingPauseWhenBusy, now) }

    mutating func findMissing(_ now: Moment) -> [Effect] {
        guard link.feed == .live, !link.missing.isUnderWay else { return [] }
        if isDelivering || isSaving || disk.isFailing {
            fetchMissing(after: Self.missingPauseWhenBusy, now)
            return []
        }
        link.missing.isUnderWay = true
        return [.findMissing(except: link.missing.skipped, link: linkNumber)]
    }

    /// - Parameter gap: Nil if nothing is missing, or if the disk could not be read. The next list of the server, or the
    ///   next message, begins the search anew.
    mutating func missingFound(_ gap: StoredGap?, _ now: Moment) -> [Effect] {
        guard let gap else {
            (link.missing.isUnderWay, link.missing.last) = (false, nil)
            let news = tellOfMissing(now)
            guard link.missing.hasFailed else { return news }
            link.missing = MissingHistory()
            fetchMissing(after: Self.missingRetryDelay, now)
            return news
        }
        if gap == link.missing.last {
            // The answer did not bring what is before this message.
            link.missing.skipped.insert(gap.before)
            link.missing.last = nil
            return [.findMissing(except: link.missing.skipped, link: linkNumber)]
        }
        link.missing.last = gap
        return [.fetchMissing(gap, limit: min(historyLimit, Self.pageSize), link: linkNumber)]
    }

    mutating func missingFetched(
        _ result: Result<HistoryPage, HistoryFailure>, _ gap: StoredGap, _ now: Moment
    ) -> [Effect] {
        link.missing.isUnderWay = false
        switch result {
        case .success(let page):
            link.missing.notProvided = 0
            storeMissing(page.inOrderOfCursors, of: gap)
            fetchMissing(now)
            return page.unreadable.isEmpty ? [] : [.log(.badRows(page.unreadable.count))]
        case .failure(let failure):
            // Another conversation may be readable.
            link.missing.skipped.insert(gap.before)
            if failure.mayPass { link.missing.hasFailed = true } else { link.missing.notProvided += 1 }
            guard link.missing.notProvided < Self.maxNotProvided else { return [] }
            fetchMissing(after: Self.missingPauseAfterFailure, now)
            return []
        }
    }

    private mutating func storeMissing(_ page: HistoryPage, of gap: StoredGap) {
        let answer = HistoryAnswer(page, isProtocol1: false) { $0.isBetween(user, gap.peer) }
        if !answer.page.messages.isEmpty {
            store(answer.page, of: gap.peer, isFetchable: true, then: .fetched)
        } else if page.messages.isEmpty, page.unreadable.isEmpty, page.hasMore == false {
            saves.append(.beginning(gap.before, peer: gap.peer), isFetchable: true, then: .fetched)
        }
        // The unread messages of the list are counted from the user's mark when the program starts.
        for mark in page.marks ?? [] where mark.user == user || mark.user == gap.peer {
            saves.append(.mark(mark, peer: gap.peer), isFetchable: true)
        }
    }

    mutating func missingStored(_ now: Moment) -> [Effect] {
        disk.hasUntoldHistory = true
        if let told = disk.historyTold, now.instant - told < Self.missingNewsInterval { return [] }
        return tellOfMissing(now)
    }

    private mutating func tellOfMissing(_ now: Moment) -> [Effect] {
        guard disk.hasUntoldHistory else { return [] }
        (disk.hasUntoldHistory, disk.historyTold) = (false, now.instant)
        return [.update(.missingStored)]
    }

    /// The disk has no room for the missing history. It is needed for what the user writes.
    mutating func missingRefused(_ now: Moment) {
        link.missing.last = nil
        link.deadlines[.missing] = now.instant + Self.missingRetryDelay
    }
}
