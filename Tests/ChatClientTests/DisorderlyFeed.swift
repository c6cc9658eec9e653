import ChatWire

@testable import ChatClient

/// A server that sends a feed in any order, has lost some of its messages, and names a wrong end.
struct DisorderlyFeed {
    let end: Int
    let absent: [Int]
    /// Cursors that a resumed feed left out although the server has them. None is left out twice.
    private var leftOutOnce: Set<Int> = []

    var present: [Int] { (1...end).filter { !absent.contains($0) } }

    init(upTo end: Int, losesSome: Bool = true, using random: inout SplitMix64) {
        self.end = end
        absent = losesSome ? (1..<end).filter { _ in random.next() % 20 == 0 } : []
    }

    /// The events of a connection: a resumed feed, in which messages overtake others or are left out, with its end
    /// anywhere, and then live messages, some of them before that end.
    mutating func connection(after cursor: Int, using random: inout SplitMix64) -> [ServerEvent] {
        let complete = Int.random(in: cursor...end, using: &random)
        var resumed: [Int] = []
        for place in present where place > cursor && place <= complete {
            let isLeftOut = random.next() % 8 == 0 && leftOutOnce.insert(place).inserted
            if !isLeftOut { resumed.append(place) }
        }
        var live = present.filter { $0 > complete }
        for _ in 0..<(random.next() % 3) {
            if resumed.count > 1 { resumed.swapAt(0, Int.random(in: 1..<resumed.count, using: &random)) }
            if live.count > 1 { live.swapAt(0, Int.random(in: 1..<live.count, using: &random)) }
        }
        var events = resumed.map { Self.arrival($0) }
        if !live.isEmpty, random.next() % 2 == 0 {
            events.insert(Self.arrival(live.removeFirst()), at: Int.random(in: 0...events.count, using: &random))
        }
        if random.next() % 6 != 0 {
            let isEarly = random.next() % 3 == 0
            let place = isEarly ? Int.random(in: 0...events.count, using: &random) : events.count
            events.insert(.resumeComplete(cursor: told(complete, using: &random)), at: place)
        }
        return [authSuccess(2, cursor: complete)] + events + live.map { Self.arrival($0) }
    }

    /// The cursor that the server names as the end. It may be too low, or far too high.
    private func told(_ complete: Int, using random: inout SplitMix64) -> Int {
        switch random.next() % 6 {
        case 0: Int.random(in: -1...complete, using: &random)
        case 1: 1 << 53
        default: complete
        }
    }

    /// Bob's message to Anna at this cursor.
    private static func arrival(_ cursor: Int) -> ServerEvent {
        .newMessage(.init(message: message("m\(cursor)", "x", from: bob, to: anna), cursor: cursor))
    }
}
