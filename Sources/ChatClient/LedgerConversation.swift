import ChatWire
import TextSearch

/// One conversation in a `ConversationLedger`.
struct LedgerConversation: Sendable {
    var peerName: UntrustedText?
    var product: Product?
    /// Whether the newest message here is also the last one that the feed had of this conversation.
    var isJoined = false
    private var ownMark: ConversationMark?
    private var peerMark: ConversationMark?
    /// In the order in which they were named first.
    private var named: [NamedProduct] = []
    private var entries: [Entry] = []
    private var places: [MessageID: MessagePlace] = [:]

    private struct Entry {
        var place: MessagePlace
        var stored: StoredMessage
        var followsGap: Bool
    }

    var marks: [ConversationMark] { [ownMark, peerMark].compactMap(\.self) }

    /// The products that were named, the last one first.
    var products: [Product] {
        named.enumerated().sorted { ($0.element.namedAt, $0.offset) > ($1.element.namedAt, $1.offset) }
            .prefix(StoredState.maxProducts).map(\.element.product)
    }

    /// Notes that a message of this time named a product; nil if its time is not known, but it is the newest.
    /// - Returns: the product with the title that is known for it.
    @discardableResult
    mutating func named(_ product: Product, at time: Timestamp?) -> Product {
        if product == Product() { return product }
        let time = time ?? named.map(\.namedAt).max() ?? Timestamp(microseconds: 0)
        guard let index = named.firstIndex(where: { $0.product.isKept(as: product) }) else {
            named.append(NamedProduct(product, at: time))
            return product
        }
        named[index].named(product, at: time)
        return named[index].product
    }

    /// The product with the title that is known for it.
    func titled(_ product: Product) -> Product {
        let known = named.first { $0.product.isKept(as: product) }?.product
        return Product.completed(product, with: known) ?? product
    }

    private mutating func noteProduct(of stored: StoredMessage) {
        if let product = stored.product { named(product, at: stored.message.createdAt) }
    }

    func page(before messageID: MessageID?, limit: Int) -> StoredPage {
        var end = entries.count
        if let messageID {
            guard let place = places[messageID] else { return StoredPage() }
            end = index(of: place)
            if entries[end].followsGap { return StoredPage(followsGap: true) }
        }
        let candidates = entries[..<end].suffix(min(max(0, limit), Int.max - 1) + 1).reversed()
        return StoredPage(newestFirst: candidates.map { ($0.stored, $0.followsGap) }, limit: max(0, limit))
    }

    /// The conversation's entry in the list; nil if there is no message.
    func listEntry(of user: UserID, peer: UserID, _ feed: StoredFeed) -> StoredConversation? {
        guard let newest = entries.last else { return nil }
        var last = newest.stored.message
        if !feed.covers(newest.place) { last.cursor = nil }
        let read = ownMark?.read.flatMap { places[$0] }
        let unread = entries[(read.map { index(of: $0) + 1 } ?? 0)...].count { $0.stored.message.sender == peer }
        let entry = ConversationList.Entry(
            peer: peer, peerName: peerName, product: product, lastMessage: last,
            unread: min(unread, StoredInbox.maxUnread))
        let waiting = entries.suffix(StoredInbox.maxWaiting).reversed().prefix { $0.stored.message.sender == peer }
        return StoredConversation(
            entry: entry, ownRead: ownMark?.read, waitingSince: waiting.last?.stored.message.createdAt,
            products: products)
    }

    func run(after messageID: MessageID?, limit: Int) -> StoredRun {
        guard let messageID else { return run(0..., limit) }
        guard let place = places[messageID] else { return StoredRun() }
        return run((index(of: place) + 1)..., limit)
    }

    func run(around messageID: MessageID, limit: Int) -> StoredRun {
        guard let place = places[messageID] else { return StoredRun() }
        return run(max(0, index(of: place) - limit / 2)..., limit)
    }

    private func run(_ range: PartialRangeFrom<Int>, _ limit: Int) -> StoredRun {
        let taken = entries[range].prefix(limit)
        return StoredRun(
            messages: taken.map(\.stored), hasOlder: range.lowerBound > 0, hasNewer: taken.endIndex < entries.count)
    }

    func search(_ query: TextQuery, after messageID: MessageID?, limit: Int) -> StoredMatches {
        let run = run(after: messageID, limit: limit)
        let found = run.messages.map(\.message).filter { query.matches($0.text) }
        return StoredMatches(ids: found.map(\.id), last: run.hasNewer ? run.messages.last?.message.id : nil)
    }

    func first(since time: Timestamp) -> MessageID? {
        entries.first { $0.place.orderedAt >= time }?.stored.message.id
    }

    func find(_ query: WordQuery) -> [StoredMessage] {
        entries.map(\.stored).filter { query.matches($0.message.text) }
    }

    mutating func receive(_ stored: StoredMessage, arrival: Int64, feed: StoredFeed) {
        if places[stored.message.id] != nil { return complete(with: stored, feed) }
        let wanted = MessagePlace(stored, arrival: arrival)
        let upper = nextInFeed(after: wanted.cursor, feed)
        let place = wanted.clamped(
            after: upper == nil ? entries.last?.place : previousInFeed(before: wanted.cursor, feed), before: upper)
        let index = index(of: place)
        let insertion = FeedInsertion(
            cursor: place.cursor, previous: index > 0 ? entries[index - 1].place : nil,
            isNewest: index == entries.count, isJoined: isJoined, position: feed.position)
        if insertion.joins { isJoined = true }
        noteProduct(of: stored)
        insert(stored, place, followsGap: insertion.followsGap)
    }

    /// - Returns: whether the run ends with the newest message.
    mutating func join(_ run: [StoredMessage], hasOlder: Bool, arrivals: inout Int64, _ feed: StoredFeed) -> Bool {
        let isHere = run.map { places[$0.message.id] != nil }
        let known = Set(zip(run, isHere).filter(\.1).map { $0.0.message.id })
        var wanted: [MessagePlace] = []
        for (stored, isHere) in zip(run, isHere) where isHere {
            complete(with: stored, feed)
            correct(with: stored)
        }
        for (stored, isHere) in zip(run, isHere) {
            if !isHere { arrivals += 1 }
            wanted.append(places[stored.message.id] ?? MessagePlace(stored, arrival: arrivals))
        }
        let joined = RunPlaces(
            wanted, isHere: isHere, after: wanted.first.flatMap { previousInFeed(before: $0.cursor, feed) },
            before: wanted.last.flatMap { nextInFeed(after: $0.cursor, feed) }
        ).places
        for (index, stored) in run.enumerated() {
            if isHere[index] {
                move(stored.message.id, to: joined[index])
            } else {
                noteProduct(of: stored)
                insert(stored, joined[index], followsGap: false)
            }
        }
        return joinGaps(run, known, hasOlder: hasOlder)
    }

    private mutating func joinGaps(_ run: [StoredMessage], _ known: Set<MessageID>, hasOlder: Bool) -> Bool {
        let range = run.compactMap { places[$0.message.id] }
        guard let first = range.min(), let last = range.max() else { return false }
        let (start, end) = (index(of: first), index(of: last))
        let runStart = RunStart(
            wasHere: known.contains(entries[start].stored.message.id),
            followedGap: entries[start].followsGap, hasPrevious: start > 0)
        entries[start].followsGap = runStart.followsGap(hasOlder: hasOlder)
        for index in (start + 1)..<max(start + 1, min(end + 2, entries.count)) { entries[index].followsGap = false }
        if end == entries.count - 1 { isJoined = true }
        return end == entries.count - 1
    }

    /// Notes that the server has no messages of this conversation.
    mutating func joinEmpty() {
        if entries.isEmpty { isJoined = true }
    }

    mutating func begin(with messageID: MessageID) {
        guard let place = places[messageID] else { return }
        entries[index(of: place)].followsGap = false
    }

    /// The latest message that follows a gap.
    func latestGap(except skipped: Set<MessageID>) -> (place: MessagePlace, id: MessageID)? {
        entries.last { $0.followsGap && !skipped.contains($0.stored.message.id) }
            .map { ($0.place, $0.stored.message.id) }
    }

    /// `StoredGap.pageEnd`.
    func pageEnd(ofGapBefore messageID: MessageID, at place: MessagePlace, _ feed: StoredFeed) -> MessageID? {
        guard place.cursor != nil, feed.covers(place) else { return messageID }
        return nextInFeed(after: place.cursor, feed).map { entries[index(of: $0)].stored.message.id }
    }

    mutating func move(_ mark: ConversationMark, isOwn: Bool) {
        let old = (isOwn ? ownMark : peerMark) ?? ConversationMark(user: mark.user)
        let moved = old.moved(by: mark) { places[$0] }
        if isOwn { ownMark = moved } else { peerMark = moved }
    }

    // MARK: - Entries

    /// The index of the message at this place, or where it would be inserted.
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
        stored.cursor = place.cursor
        entries.insert(Entry(place: place, stored: stored, followsGap: followsGap), at: index(of: place))
        places[stored.message.id] = place
    }

    /// Adds the cursor, the client message id and the product to a message that lacks them.
    private mutating func complete(with stored: StoredMessage, _ feed: StoredFeed) {
        guard var place = places[stored.message.id] else { return }
        var entry = entries.remove(at: index(of: place))
        if place.cursor == nil, let cursor = stored.feedCursor {
            place.cursor = cursor
            place = place.clamped(after: previousInFeed(before: cursor, feed), before: nextInFeed(after: cursor, feed))
        }
        if entry.stored.clientMessageID == nil { entry.stored.clientMessageID = stored.clientMessageID }
        let product = Product.completed(entry.stored.product, with: stored.product)
        if product != entry.stored.product {
            entry.stored.product = product
            noteProduct(of: entry.stored)
        }
        insert(entry.stored, place, followsGap: entry.followsGap)
    }

    /// Corrects the time of a message that has no cursor to the server's time.
    private mutating func correct(with stored: StoredMessage) {
        guard var place = places[stored.message.id], place.cursor == nil else { return }
        let index = index(of: place)
        guard entries[index].stored.message.createdAt != stored.message.createdAt else { return }
        var entry = entries.remove(at: index)
        entry.stored.message.createdAt = stored.message.createdAt
        place.orderedAt = stored.message.createdAt
        insert(entry.stored, place, followsGap: entry.followsGap)
    }

    private mutating func move(_ messageID: MessageID, to place: MessagePlace) {
        guard let old = places[messageID], old != place else { return }
        let entry = entries.remove(at: index(of: old))
        insert(entry.stored, place, followsGap: entry.followsGap)
    }

    /// The feed's message with the next higher cursor; nil without a cursor.
    private func nextInFeed(after cursor: Int?, _ feed: StoredFeed) -> MessagePlace? {
        guard let cursor else { return nil }
        return feedPlaces(feed).filter { $0.cursor > cursor }
            .min { ($0.cursor, $0.place.arrival) < ($1.cursor, $1.place.arrival) }?.place
    }

    private func previousInFeed(before cursor: Int?, _ feed: StoredFeed) -> MessagePlace? {
        guard let cursor else { return nil }
        return feedPlaces(feed).filter { $0.cursor < cursor }
            .max { ($0.cursor, $0.place.arrival) < ($1.cursor, $1.place.arrival) }?.place
    }

    private func feedPlaces(_ feed: StoredFeed) -> some Sequence<(cursor: Int, place: MessagePlace)> {
        entries.lazy.compactMap { entry -> (cursor: Int, place: MessagePlace)? in
            guard let cursor = entry.place.cursor, feed.covers(entry.place) else { return nil }
            return (cursor, entry.place)
        }
    }
}

/// The feed's position in a ledger.
struct StoredFeed: Sendable {
    var position: FeedPosition?
    /// Messages that arrived up to this number have cursors of another feed.
    var startsAfter: Int64 = 0

    func covers(_ place: MessagePlace) -> Bool { place.arrival > startsAfter }
}
