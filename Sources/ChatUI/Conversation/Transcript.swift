import ChatWire

/// The messages of the conversation in the order that they are shown: stored ones as the server has them, then those
/// written here that it has not confirmed.
struct Transcript: Sendable {
    let user: UserID
    var stored: [Message] = []
    var pending: [Pending] = []
    var marks = Marks()
    /// The place of the newest message that is not the user's own.
    private(set) var newestOfPeer: Int?
    /// Since the connection was lost, messages may be missing behind this one.
    var openGap: MessageID?
    /// Behind these, messages are missing that the server has: a page of its history did not reach back to them.
    var holes: Set<MessageID> = []
    /// Behind these, messages may be missing, and nobody is there to ask.
    private(set) var unknown: Set<MessageID> = []
    /// Behind these, messages are missing that were here: the stored history has them.
    var dropped: Set<MessageID> = []
    var capacity: Capacity
    /// Where in `stored` a message is, by id.
    private var places: [MessageID: Int] = [:]

    /// How much of the conversation is held, in messages.
    struct Capacity: Sendable {
        /// With more than so many, those far from the window are dropped.
        var most = 3000
        /// So many are left on either side of the window's top, and at the end.
        var kept = 600
    }

    init(user: UserID, capacity: Capacity = Capacity()) {
        self.user = user
        self.capacity = capacity
    }

    var count: Int { stored.count + pending.count }
    var isEmpty: Bool { count == 0 }

    func contains(_ id: MessageID) -> Bool { places[id] != nil }

    /// The place among the stored messages.
    func place(of id: MessageID) -> Int? { places[id] }

    /// The place among all messages, pending ones included.
    func index(of id: LineID) -> Int? {
        switch id {
        case .stored(let id): places[id]
        case .pending(let id): pending.firstIndex { $0.id == id }.map { stored.count + $0 }
        }
    }

    /// A message that arrived now, a peer's or one's own, and so is the last, whatever its time. False if it is there already.
    @discardableResult
    mutating func append(_ message: Message) -> Bool {
        let id = message.id
        let place = stored.count
        guard places[id] == nil else { return false }
        places[id] = place
        stored.append(message)
        if message.sender != user { newestOfPeer = place }
        marks.appeared(id, at: place)
        return true
    }

    /// A message whose confirmation was lost and came again: others may stand behind it. False if it is there already.
    mutating func insert(_ message: Message) -> Bool {
        guard !contains(message.id) else { return false }
        let place = stored.lastIndex { !message.isBefore($0) }.map { $0 + 1 } ?? 0
        replaceStored(with: stored[..<place] + [message] + stored[place...])
        return true
    }

    /// Takes in a page of the server's history, oldest first.
    ///
    /// The page's own order holds, and each message is there once. What the page lacks keeps its place: before the first
    /// message that the page has, too, it is older than the page, and behind the last one it arrived while the page was under
    /// way. A page of which nothing is here goes before the message that it was asked for, or behind the open gap; where there
    /// is neither, `isBefore` tells whether it is older than what is here or newer.
    ///
    /// - Parameters:
    ///   - hasOlder: the server has messages before the page's first one.
    ///   - asked: the message whose predecessors were asked for, if any were.
    ///   - isOldest: nothing that the page lacks is older than it.
    mutating func merge(
        _ page: [Message], hasOlder: Bool = false, before asked: MessageID? = nil, isOldest: Bool = false
    ) {
        var ids: Set<MessageID> = []
        let page = page.filter { ids.insert($0.id).inserted }
        let placeInPage = Dictionary(uniqueKeysWithValues: page.enumerated().map { ($1.id, $0) })
        let reachesBack = !hasOlder || page.first.map { contains($0.id) } ?? true

        var merged: [Message] = []
        merged.reserveCapacity(stored.count + page.count)
        let end = isOldest ? endOfOldest(placeInPage) : endOfPage(placeInPage, before: asked)
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
        // What was asked for may be this machine's part of the history, which knows of no such gap.
        if asked == nil { unknown.subtract(page.dropLast().map(\.id)) }
        if !reachesBack, let first = page.first, let previous = previous(of: first.id) { holes.insert(previous) }
    }

    /// Before which message here a page ends. Nil: `isBefore` has to tell.
    private func endOfPage(_ placeInPage: [MessageID: Int], before asked: MessageID?) -> Int? {
        if let place = asked.flatMap({ places[$0] }) { return place }
        let gap = openGap.flatMap { places[$0] }.map { $0 + 1 }
        let last = stored.lastIndex { placeInPage[$0.id] != nil }
        return last.map { max($0 + 1, gap ?? 0) } ?? gap
    }

    private func endOfOldest(_ placeInPage: [MessageID: Int]) -> Int {
        stored.lastIndex { placeInPage[$0.id] != nil }.map { $0 + 1 } ?? 0
    }

    /// Takes in the oldest messages there are. What is between the last of them and what is here, nobody tells.
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
        /// There is no connection, or it has not yet told what came meanwhile.
        case open
        /// The server has messages here that are not loaded.
        case hole
        /// There may be messages here that no server gives.
        case unknown
        /// They were here and will be again when somebody looks at them.
        case dropped
    }

    /// What may be missing between a message and the next.
    func gap(behind index: Int) -> Gap? {
        guard index < stored.count, hasGaps else { return nil }
        let id = stored[index].id
        if openGap == id { return .open }
        if holes.contains(id) { return .hole }
        if dropped.contains(id) { return .dropped }
        return unknown.contains(id) ? .unknown : nil
    }

    /// From now on messages may be missing. What arrives stands behind the gap.
    mutating func openGapAtEnd() {
        guard openGap == nil, let last = stored.last else { return }
        openGap = last.id
    }

    private var hasGaps: Bool { openGap != nil || !holes.isEmpty || !dropped.isEmpty || !unknown.isEmpty }

    /// Nothing is missing there.
    mutating func closeOpenGap() {
        if let openGap { unknown.remove(openGap) }
        openGap = nil
    }

    /// What is missing there, if anything, nobody tells. It stays where it is.
    mutating func leaveOpenGap() {
        if let openGap { unknown.insert(openGap) }
        openGap = nil
    }

    /// Inside a page nothing is missing; nor behind it, if it was asked for as what stands before the next message.
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
    /// A mark that is at this message already, or further on, stays.
    mutating func move(_ mark: WritableKeyPath<Marks, Watermark>, to id: MessageID) {
        marks[keyPath: mark].move(to: id, at: places[id])
    }

    /// The peer's messages behind a place: the first one's id, and how many they are.
    func ofPeer(behind place: Int) -> (first: MessageID?, count: Int) {
        let messages = stored[(place + 1)...].lazy.filter { $0.sender != user }
        return (messages.first?.id, messages.count)
    }
}
