import ChatWire

// Only a part of a long conversation is held in memory: the messages around the window, and the end, which must be
// there for new messages and for the key that goes to the end. The rest is in the stored history.

extension Transcript {
    /// Drops the messages far from the window.
    ///
    /// - Parameter top: The index of the first message in the window. Nil if the window shows the end.
    /// - Returns: Whether the oldest messages were dropped.
    mutating func dropFarMessages(from top: Int?) -> Bool {
        guard stored.count > capacity.max else { return false }
        let end = stored.count - capacity.kept
        let middle = min(top ?? end, end)
        let start = max(0, middle - capacity.kept)
        let rest = max(start, min(middle + capacity.kept, end))
        drop(rest..<end)
        drop(0..<start)
        replaceStored(with: stored)
        return start > 0
    }

    private mutating func drop(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let ids = Set(stored[range].map(\.id))
        let before = range.lowerBound > 0 ? stored[range.lowerBound - 1].id : nil
        // A hole inside the range remains a hole, because the stored history has the same hole.
        let holdsHole = !holes.isDisjoint(with: ids)
        let wasHole = before.map { holes.contains($0) } ?? false
        holes.subtract(ids)
        dropped.subtract(ids)
        if let openGap, ids.contains(openGap) { self.openGap = before }
        if let before {
            if holdsHole || wasHole { holes.insert(before) } else { dropped.insert(before) }
        }
        marks.dropped(ids, before: before)
        stored.removeSubrange(range)
    }

    /// Adds a page of the stored history after a message whose successors were dropped.
    mutating func fill(after id: MessageID, with page: [Message], isAll: Bool) {
        guard let place = self.place(of: id), dropped.contains(id) else { return }
        let new = Array(page.prefix { !contains($0.id) })
        put(new, at: place + 1, joinsAbove: true, joinsBelow: isAll || new.count < page.count)
    }

    /// Adds a page of the stored history before a message whose predecessors were dropped.
    mutating func fill(before id: MessageID, with page: [Message], isAll: Bool) {
        guard let place = self.place(of: id), place > 0 else { return }
        let new = Array(page.reversed().prefix { !contains($0.id) }.reversed())
        put(new, at: place, joinsAbove: isAll || new.count < page.count, joinsBelow: true)
    }

    /// Adds consecutive messages from anywhere in the stored history.
    mutating func insert(_ page: [Message], hasOlder: Bool, hasNewer: Bool) {
        guard let first = page.first(where: { !contains($0.id) }),
            let start = page.firstIndex(where: { $0.id == first.id })
        else { return }
        let new = Array(page[start...].prefix { !contains($0.id) })
        let below = page[(start + new.count)...].first.flatMap { self.place(of: $0.id) }
        let above = start > 0 ? self.place(of: page[start - 1].id) : nil
        let place = below ?? above.map { $0 + 1 } ?? gapPlace(for: first)
        put(new, at: place, joinsAbove: above != nil || !hasOlder, joinsBelow: below != nil || !hasNewer)
    }

    /// The index of the gap that this message belongs into.
    private func gapPlace(for message: Message) -> Int {
        let behind = (dropped.union(holes)).compactMap { self.place(of: $0) }
            .filter { !message.isBefore(stored[$0]) }.max()
        return behind.map { $0 + 1 } ?? 0
    }

    private mutating func put(_ messages: [Message], at place: Int, joinsAbove: Bool, joinsBelow: Bool) {
        let above = place > 0 ? stored[place - 1].id : nil
        let last = messages.last?.id
        if let above {
            if joinsAbove && (joinsBelow || last != nil) { dropped.remove(above) } else { dropped.insert(above) }
        }
        if let last, !joinsBelow, place < stored.count { dropped.insert(last) }
        replaceStored(with: Array(stored[..<place]) + messages + stored[place...])
    }
}
