import ChatWire

/// Read marks of which, for each user and peer, only the furthest counts.
package struct MergedMarks<Place: Comparable> {
    package struct Pair: Hashable {
        package var user: UserID
        package var peer: UserID
    }

    /// Where the furthest mark of each two stands, and which of the marks it is.
    package private(set) var furthest: [Pair: (place: Place, index: Int)] = [:]
    private var pairs: [Pair?] = []

    /// - Parameter place: Of a mark's message in the commit order; nil where the user knows of no such message.
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

    /// What is answered to each mark, given what became of each furthest: all others are not further.
    package func answers(_ outcomes: [Pair: ReadOutcome]) -> [ReadOutcome] {
        pairs.enumerated().map { index, pair in
            guard let pair else { return .unknown }
            return furthest[pair]?.index == index ? outcomes[pair] ?? .unchanged : .unchanged
        }
    }
}
