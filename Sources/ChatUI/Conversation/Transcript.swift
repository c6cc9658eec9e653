import ChatWire

/// The messages of the conversation in the order of the screen: first the stored ones in the server's order, then those
/// that were written here and are not confirmed.
struct Transcript: Sendable {
    let user: UserID
    var stored: [Message] = []
    var pending: [Pending] = []
    var marks = Marks()
    /// What was known of the user's messages when the server lost data, until it shows them again.
    var frozen: [MessageID: State] = [:]
    /// The index of the newest message of the peer.
    private(set) var newestOfPeer: Int?
    /// The last message before the connection was lost. Messages may be missing after it.
    var openGap: MessageID?
    /// Messages are missing after each of these, and the server has them: a page of its history did not reach back to
    /// them.
    var holes: Set<MessageID> = []
    /// Messages may be missing after each of these, and nobody can say.
    private(set) var unknown: Set<MessageID> = []
    /// Messages were dropped after each of these. The stored history has them.
    var dropped: Set<MessageID> = []
    var capacity: Capacity
    /// The indices in `stored` by id.
    private var places: [MessageID: Int] = [:]

    /// How many messages are held in memory.
    struct Capacity: Sendable {
        /// Above this number, messages far from the window are dropped.
        var max = 3000
        /// The number that is kept on either side of the window's top, and at the end.
        var kept = 600
    }

    init(user: UserID, capacity: Capacity = Capacity()) {
        self.user = user
        self.capacity = capacity
    }

    var count: Int { stored.count + pending.count }
    var isEmpty: Bool { count == 0 }

    func contains(_ id: MessageID) -> Bool { places[id] != nil }

    /// The index in `stored`.
    func place(of id: MessageID) -> Int? { places[id] }

    /// The index among all messages, pending ones included.
    func index(of id: LineID) -> Int? {
        switch id {
        case .stored(let id): places[id]
        case .pending(let id): pending.firstIndex { $0.id == id }.map { stored.count + $0 }
        }
    }

    /// Appends a message that arrived now, from the peer or from the user. It is the last one, whatever its time. False
    /// if it is there already.
    @discardableResult
    mutating func append(_ message: Message) -> Bool {
        serverHas([message])
        let id = message.id
        let place = stored.count
        guard places[id] == nil else { return false }
        places[id] = place
        stored.append(message)
        if message.sender != user { newestOfPeer = place }
        marks.appeared(id, at: place)
        return true
    }

    /// Inserts a message whose confirmation was lost and came again, so that newer messages may follow it. False if it
    /// is there already.
    mutating func insert(_ message: Message) -> Bool {
        guard !contains(message.id) else { return false }
        let place = stored.lastIndex { !message.isBefore($0) }.map { $0 + 1 } ?? 0
        replaceStored(with: stored[..<place] + [message] + stored[place...])
        return true
    }

    /// Merges a page of the server's history, oldest first.
    ///
    /// The order of the page is kept, and duplicates are removed. Messages that are here but not in the page keep their
    /// place: those before the first common message are older than the page, and those after the last common message
    /// arrived while the page was being loaded. A page without a common message goes before the message it was
    /// requested for, or after the open gap. If there is neither, or if the cursors say that the page is older than the
    /// message at the gap, `isBefore` decides the order.
    ///
    /// - Parameters:
    ///   - hasOlder: Whether the server has messages before the first one of the page.
    ///   - asked: The message before which the page was requested, if any.
    ///   - isOldest: Whether nothing outside the page is older than it.
    mutating func merge(
        _ page: [Message], hasOlder: Bool = false, before asked: MessageID? = nil, isOldest: Bool = false
    ) {
        var ids: Set<MessageID> = []
        serverHas(page)
        let page = page.filter { ids.insert($0.id).inserted }.map(knowingProduct)
        let placeInPage = Dictionary(uniqueKeysWithValues: page.enumerated().map { ($1.id, $0) })
        let reachesBack = !hasOlder || page.first.map { contains($0.id) } ?? true

        var merged: [Message] = []
        merged.reserveCapacity(stored.count + page.count)
        let end = isOldest ? endOfOldest(placeInPage) : endOfPage(page, placeInPage, before: asked)
        var next = 0
        for (index, message) in stored.enumerated() {
            if index == end {
                merged += page[next...]
                next = page.count
            }
            if let place = placeInPage[message.id] {
                if place >= next { merged += page[next...place] }
                next = max(next, place + 1)
            } else {
                while end == nil, next < page.count, !message.isBefore(page[next]) {
                    merged.append(page[next])
                    next += 1
                }
                merged.append(message)
            }
        }
        replaceStored(with: merged + page[next...])
        fillHoles(with: page, hasOlder: hasOlder, before: asked)
        // A page that was requested may come from the disk, which does not know of this gap.
        if asked == nil { unknown.subtract(page.dropLast().map(\.id)) }
        if !reachesBack, let first = page.first, let previous = previous(of: first.id) { holes.insert(previous) }
    }

    /// The message of a page, which may say less of its product than the same message did here: older servers tell only
    /// the id.
    private func knowingProduct(_ message: Message) -> Message {
        guard let place = places[message.id], let product = stored[place].product else { return message }
        var message = message
        message.product = Product.completed(product, with: message.product)
        return message
    }

    /// The index of the message here before which a page ends. Nil if `isBefore` has to decide.
    private func endOfPage(_ page: [Message], _ placeInPage: [MessageID: Int], before asked: MessageID?) -> Int? {
        if let place = asked.flatMap({ places[$0] }) { return place }
        let gap = openGap.flatMap { places[$0] }.flatMap { isOlder(page, than: stored[$0]) ? nil : $0 + 1 }
        let last = stored.lastIndex { placeInPage[$0.id] != nil }
        return last.map { max($0 + 1, gap ?? 0) } ?? gap
    }

    /// Whether the cursors say that all of a page was stored before a message. A page that was fetched before the
    /// connection was lost may come after that. The times are not looked at, because clocks jump.
    private func isOlder(_ page: [Message], than message: Message) -> Bool {
        guard let last = page.last?.cursor, let cursor = message.cursor else { return false }
        return last < cursor
    }

    private func endOfOldest(_ placeInPage: [MessageID: Int]) -> Int {
        stored.lastIndex { placeInPage[$0.id] != nil }.map { $0 + 1 } ?? 0
    }

    /// Merges the oldest messages of the conversation. It is unknown what is missing between them and the messages
    /// here.
    mutating func mergeOldest(_ page: [Message]) {
        let joins = page.last.map { contains($0.id) } ?? true
        merge(page, isOldest: true)
        guard let last = page.last, let end = place(of: last.id) else { return }
        if let gap = openGap.flatMap({ places[$0] }), gap < end { openGap = nil }
        if !joins { unknown.insert(last.id) }
    }

    mutating func replaceStored(with messages: [Message]) {
        stored = messages
        places = Dictionary(uniqueKeysWithValues: messages.enumerated().map { ($1.id, $0) })
        newestOfPeer = messages.lastIndex { $0.sender != user }
        marks.relocate(in: places)
    }
}

// MARK: - Gaps

extension Transcript {
    enum Gap: Sendable {
        /// There is no connection, or the missing messages are not loaded yet.
        case open
        /// The server has the missing messages.
        case hole
        /// Messages may be missing, and the server does not have them.
        case unknown
        /// The messages were dropped. They are loaded again when the user looks at them.
        case dropped
    }

    /// What may be missing between a message and the next one.
    func gap(after index: Int) -> Gap? {
        guard index < stored.count, hasGaps else { return nil }
        let id = stored[index].id
        if openGap == id { return .open }
        if holes.contains(id) { return .hole }
        if dropped.contains(id) { return .dropped }
        return unknown.contains(id) ? .unknown : nil
    }

    /// From now on messages may be missing. New messages come after the gap.
    mutating func openGapAtEnd() {
        guard openGap == nil, let last = stored.last else { return }
        openGap = last.id
    }

    private var hasGaps: Bool { openGap != nil || !holes.isEmpty || !dropped.isEmpty || !unknown.isEmpty }

    /// No message is missing there.
    mutating func closeOpenGap() {
        if let openGap { unknown.remove(openGap) }
        openGap = nil
    }

    /// Nobody can say whether messages are missing there, so the gap remains as an unknown one.
    mutating func markOpenGapUnknown() {
        if let openGap { unknown.insert(openGap) }
        openGap = nil
    }

    /// Removes the holes that a page fills: those inside it, and the one after it if it was requested before the next
    /// message.
    private mutating func fillHoles(with page: [Message], hasOlder: Bool, before asked: MessageID?) {
        guard !holes.isEmpty else { return }
        for message in page.dropLast() { holes.remove(message.id) }
        if !hasOlder, let first = page.first?.id ?? asked, let previous = previous(of: first) { holes.remove(previous) }
        if let last = page.last, let asked, let previous = previous(of: asked), previous == last.id {
            holes.remove(previous)
        }
    }

    func previous(of id: MessageID) -> MessageID? {
        guard let place = self.place(of: id), place > 0 else { return nil }
        return stored[place - 1].id
    }
}

// MARK: - Marks

extension Transcript {
    /// Moves a mark forward to this message. It never moves backwards.
    mutating func move(_ mark: WritableKeyPath<Marks, Watermark>, to id: MessageID) {
        marks[keyPath: mark].move(to: id, at: places[id])
    }

    /// The peer's messages after an index, or all if it is nil: the id of the first one, and their number.
    func peerMessages(after place: Int?) -> (first: MessageID?, count: Int) {
        let messages = stored[(place.map { $0 + 1 } ?? 0)...].lazy.filter { $0.sender != user }
        return (messages.first?.id, messages.count)
    }
}
