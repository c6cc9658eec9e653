import ChatWire

/// How far the messages were received or read: up to one of the stored messages. It only moves forward.
struct Watermark: Sendable {
    /// The index of that message. Nil if no message in the transcript is covered.
    private(set) var place: Int?
    private var reached: MessageID?
    /// Messages that the mark was moved to, but that are not in the transcript; the latest report is last. Until they
    /// are loaded, it is unknown which of them is the furthest.
    private var awaited: [MessageID] = []
    private static let maxAwaited = 8

    /// Whether the mark was never moved.
    var isUnknown: Bool { reached == nil && awaited.isEmpty }

    func covers(_ place: Int) -> Bool { self.place.map { place <= $0 } ?? false }

    /// `place` is the message's index in the transcript. Nil if it is not there.
    mutating func move(to id: MessageID, at place: Int?) {
        guard let place else { return expect(id) }
        guard !covers(place) else { return }
        (reached, self.place) = (id, place)
    }

    /// A message was appended to the transcript.
    mutating func appeared(_ id: MessageID, at place: Int) {
        guard awaited.contains(id) else { return }
        awaited.removeAll { $0 == id }
        move(to: id, at: place)
    }

    private mutating func expect(_ id: MessageID) {
        awaited.removeAll { $0 == id }
        awaited.append(id)
        if awaited.count > Self.maxAwaited { awaited.removeFirst() }
    }

    /// Messages were dropped from the transcript; they may be loaded again. `before` is the one that precedes them.
    mutating func dropped(_ ids: Set<MessageID>, before: MessageID?) {
        guard let reached, ids.contains(reached) else { return }
        if awaited.isEmpty { expect(reached) }
        self.reached = before
    }

    /// The indices of the messages changed, and messages may have been added.
    mutating func relocate(in places: [MessageID: Int]) {
        place = reached.flatMap { places[$0] }
        for id in awaited {
            if let place = places[id] { appeared(id, at: place) }
        }
    }
}

/// How far the two users have received and read the conversation.
struct Marks: Sendable {
    /// Delivered to the peer's devices.
    var delivered = Watermark()
    var read = Watermark()
    /// Read by the user, here or on another device.
    var ownRead = Watermark()
    /// Shown in this window.
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
