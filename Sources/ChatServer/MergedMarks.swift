import ChatWire

/// Read marks, of which only the furthest of each user and peer counts.
package struct MergedMarks<Place: Comparable> {
    package struct Pair: Hashable {
        package var user: UserID
        package var peer: UserID
    }

    /// The place and the index of the furthest mark of each pair.
    package private(set) var furthest: [Pair: (place: Place, index: Int)] = [:]
    private var pairs: [Pair?] = []

    /// - Parameter place: Returns the place of a mark's message in commit order; nil if the user knows no such message.
    package init(_ marks: [ReadMark], place: (ReadMark) throws -> Place?) rethrows {
        for (index, mark) in marks.enumerated() {
            guard let place = try place(mark) else {
                pairs.append(nil)
                continue
            }
            let pair = Pair(user: mark.user, peer: mark.peer)
            pairs.append(pair)
            if let known = furthest[pair], known.place >= place { continue }
            furthest[pair] = (place, index)
        }
    }

    /// Returns the outcome of each mark, given the outcomes of the furthest ones. All others are `.unchanged`.
    package func answers(_ outcomes: [Pair: ReadOutcome]) -> [ReadOutcome] {
        pairs.enumerated().map { index, pair in
            guard let pair else { return .unknown }
            return furthest[pair]?.index == index ? outcomes[pair] ?? .unchanged : .unchanged
        }
    }
}
