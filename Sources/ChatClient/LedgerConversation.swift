import ChatWire

/// One conversation in a `ConversationLedger`.
struct LedgerConversation: Sendable {
    var peerName: UntrustedText?
    var product: Product?
    /// The newest message is the last that the feed had of this conversation.
    var isJoined = false
    private var ownMark: ConversationMark?
    private var peerMark: ConversationMark?
    private var entries: [Entry] = []
    private var places: [UntrustedText: MessagePlace] = [:]

    private struct Entry {
        var place: MessagePlace
        var stored: StoredMessage
        var followsGap: Bool
    }

    var marks: [ConversationMark] { [ownMark, peerMark].compactMap(\.self) }

    func page(before messageID: String?, limit: Int) -> StoredPage {
        var end = entries.count
        if let messageID {
            guard let place = places[UntrustedText(messageID)] else { return StoredPage() }
            end = index(of: place)
            if entries[end].followsGap { return StoredPage(followsGap: true) }
        }
        let candidates = entries[..<end].suffix(min(max(0, limit), Int.max - 1) + 1).reversed()
        return StoredPage(newestFirst: candidates.map { ($0.stored, $0.followsGap) }, limit: max(0, limit))
    }

    /// Nil where there is no message.
    func seenFromOutside(by user: UserID, peer: UserID) -> StoredConversation? {
        guard let last = entries.last?.stored.message else { return nil }
        let read = ownMark?.read.flatMap { places[UntrustedText($0)] }
        let unread = entries[(read.map { index(of: $0) + 1 } ?? 0)...].count { $0.stored.message.sender == peer }
        let entry = ConversationList.Entry(
            peer: peer, peerName: peerName, product: product, lastMessage: last,
            unread: min(unread, StoredInbox.mostUnread))
        return StoredConversation(entry: entry, ownRead: ownMark?.read)
    }

    func run(after messageID: String?, limit: Int) -> StoredRun {
        guard let messageID else { return run(0..., limit) }
        guard let place = places[UntrustedText(messageID)] else { return StoredRun() }
        return run((index(of: place) + 1)..., limit)
    }

    func run(around messageID: String, limit: Int) -> StoredRun {
        guard let place = places[UntrustedText(messageID)] else { return StoredRun() }
        return run(max(0, index(of: place) - limit / 2)..., limit)
    }

    private func run(_ range: PartialRangeFrom<Int>, _ limit: Int) -> StoredRun {
        let taken = entries[range].prefix(limit)
        return StoredRun(
            messages: taken.map(\.stored), hasOlder: range.lowerBound > 0, hasNewer: taken.endIndex < entries.count)
    }

    func search(_ query: TextQuery) -> [String] {
        entries.map(\.stored.message).filter { query.matches($0.text) }.map(\.id)
    }

    mutating func receive(_ stored: StoredMessage, arrival: Int64, position: FeedPosition?) {
        if places[UntrustedText(stored.message.id)] != nil { return complete(with: stored) }
        let place = MessagePlace(
            createdAt: stored.message.createdAt, cursor: max(0, stored.cursor ?? 0), arrival: arrival)
        let index = index(of: place)
        let arrival = Arrival(
            cursor: place.cursor, previousCursor: index > 0 ? entries[index - 1].place.cursor : nil,
            isNewest: index == entries.count, isJoined: isJoined, position: position)
        if arrival.joins { isJoined = true }
        insert(stored, place, followsGap: arrival.followsGap)
    }

    /// Whether the run ends with the newest message.
    mutating func join(_ run: [StoredMessage], hasOlder: Bool, arrivals: inout Int64) -> Bool {
        var known: Set<UntrustedText> = []
        for stored in run {
            if places[UntrustedText(stored.message.id)] != nil {
                known.insert(UntrustedText(stored.message.id))
                complete(with: stored)
            } else {
                arrivals += 1
                let place = MessagePlace(
                    createdAt: stored.message.createdAt, cursor: max(0, stored.cursor ?? 0), arrival: arrivals)
                insert(stored, place, followsGap: false)
            }
        }
        let range = run.compactMap { places[UntrustedText($0.message.id)] }
        guard let first = range.min(), let last = range.max() else { return false }
        let (start, end) = (index(of: first), index(of: last))
        let runStart = RunStart(
            wasHere: known.contains(UntrustedText(entries[start].stored.message.id)),
            followedGap: entries[start].followsGap, hasPrevious: start > 0)
        entries[start].followsGap = runStart.followsGap(hasOlder: hasOlder)
        for index in (start + 1)..<max(start + 1, min(end + 2, entries.count)) { entries[index].followsGap = false }
        if end == entries.count - 1 { isJoined = true }
        return end == entries.count - 1
    }

    /// The server has nothing.
    mutating func joinNothing() {
        if entries.isEmpty { isJoined = true }
    }

    mutating func move(_ mark: ConversationMark, isOwn: Bool) {
        let old = (isOwn ? ownMark : peerMark) ?? ConversationMark(user: mark.user)
        let moved = old.moved(by: mark) { places[UntrustedText($0)] }
        if isOwn { ownMark = moved } else { peerMark = moved }
    }

    // MARK: - Entries

    /// Where the message of this place is, or would be put.
    private func index(of place: MessagePlace) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func insert(_ stored: StoredMessage, _ place: MessagePlace, followsGap: Bool) {
        var stored = stored
        if place.cursor == 0 { stored.cursor = nil }
        entries.insert(Entry(place: place, stored: stored, followsGap: followsGap), at: index(of: place))
        places[UntrustedText(stored.message.id)] = place
    }

    /// Adds what the message that is here lacked.
    private mutating func complete(with stored: StoredMessage) {
        guard var place = places[UntrustedText(stored.message.id)] else { return }
        var entry = entries.remove(at: index(of: place))
        if place.cursor == 0 { place.cursor = max(0, stored.cursor ?? 0) }
        if entry.stored.clientMessageID == nil { entry.stored.clientMessageID = stored.clientMessageID }
        entry.stored.cursor = place.cursor == 0 ? nil : place.cursor
        insert(entry.stored, place, followsGap: entry.followsGap)
    }
}
