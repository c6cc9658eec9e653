import ChatWire

/// How far somebody received or read the conversation: up to one of the stored messages. It only moves forward.
struct Watermark: Sendable {
    /// The place of that message. Nil: none of the messages that are here is covered.
    private(set) var place: Int?
    private var reached: MessageID?
    /// Messages that are said to be reached, but are not here, the latest said last. Until they appear, nothing tells what
    /// stands before them, nor which of them is further.
    private var awaited: [MessageID] = []
    private static let mostAwaited = 8

    /// Nothing was said of it yet.
    var isUnknown: Bool { reached == nil && awaited.isEmpty }

    func covers(_ place: Int) -> Bool { self.place.map { place <= $0 } ?? false }

    /// `place` is nil if the message is not here.
    mutating func move(to id: MessageID, at place: Int?) {
        guard let place else { return expect(id) }
        guard !covers(place) else { return }
        (reached, self.place) = (id, place)
    }

    /// A message appeared behind all others.
    mutating func appeared(_ id: MessageID, at place: Int) {
        guard awaited.contains(id) else { return }
        awaited.removeAll { $0 == id }
        move(to: id, at: place)
    }

    private mutating func expect(_ id: MessageID) {
        awaited.removeAll { $0 == id }
        awaited.append(id)
        if awaited.count > Self.mostAwaited { awaited.removeFirst() }
    }

    /// Messages were dropped, and may be loaded again; `before` is the one that stands before them now.
    mutating func dropped(_ ids: Set<MessageID>, before: MessageID?) {
        guard let reached, ids.contains(reached) else { return }
        if awaited.isEmpty { expect(reached) }
        self.reached = before
    }

    /// The places of messages changed, and others appeared among them.
    mutating func relocate(in places: [MessageID: Int]) {
        place = reached.flatMap { places[$0] }
        for id in awaited {
            if let place = places[id] { appeared(id, at: place) }
        }
    }
}

/// How far the two users have the conversation.
struct Marks: Sendable {
    /// The peer's devices have it so far.
    var delivered = Watermark()
    var read = Watermark()
    /// The user has read it so far, here before or on another device.
    var ownRead = Watermark()
    /// It was shown so far in this window.
    var shown = Watermark()

    mutating func appeared(_ id: MessageID, at place: Int) {
        delivered.appeared(id, at: place)
        read.appeared(id, at: place)
        ownRead.appeared(id, at: place)
        shown.appeared(id, at: place)
    }

    mutating func dropped(_ ids: Set<MessageID>, before: MessageID?) {
        delivered.dropped(ids, before: before)
        read.dropped(ids, before: before)
        ownRead.dropped(ids, before: before)
        shown.dropped(ids, before: before)
    }

    mutating func relocate(in places: [MessageID: Int]) {
        delivered.relocate(in: places)
        read.relocate(in: places)
        ownRead.relocate(in: places)
        shown.relocate(in: places)
    }
}
