import GRDB

/// Messages each of which leads to the one before it: a feed, or what two users wrote each other.
///
/// Storing a message so changes no page but the last one of the log. What the table of anchors holds of a chain, one message of
/// every sixteen, is found by its number or by its place; the others are walked to from there.
protocol MessageChain {
    /// The first anchor whose number is at least that, without so many before it.
    func anchor(from number: Int64, skipping: Int) throws -> Int64?
    /// The last anchors of a range of numbers, the newest first. Where they lead is not looked up: to none, as an earlier version
    /// stored them.
    func anchors(in numbers: Range<Int64>, atMost most: Int) throws -> [MessageLink]
    /// The newest message.
    func head() throws -> Int64?
    /// A message of the chain; nil where it is gone.
    func member(at seq: Int64) throws -> MessageLink?
}

/// A message as a part of a chain.
struct MessageLink: Equatable {
    /// By which the messages of the chain are in order.
    var number: Int64
    var seq: Int64
    /// The message before it; 0 where there is none. Nil where an earlier version stored it, as it did all before it: those are
    /// anchors.
    var previous: Int64?
}

enum Anchors {
    /// Every so manieth message of a chain is one. More of them make storing dearer and reading cheaper.
    static let stride: Int64 = 16

    /// Whether a message is one that has this number in its chain.
    static func has(_ number: Int64) -> Bool { number % stride == 0 }
}

extension MessageChain {
    /// The newest messages up to a number, the newest first.
    func newest(upTo number: Int64 = .max, limit: Int) throws -> [MessageLink] {
        try walk(from: start(number), downTo: 0, upTo: number, limit: limit)
    }

    /// Messages behind one number up to another, the newest first.
    func links(behind low: Int64, upTo high: Int64) throws -> [MessageLink] {
        try walk(from: start(high), downTo: low, upTo: high, limit: .max)
    }

    /// The oldest messages behind a number and up to another, the oldest first: so many at least, or all there are.
    func oldest(behind low: Int64, upTo high: Int64 = .max, atLeast count: Int) throws -> [MessageLink] {
        var (links, last): ([MessageLink], Int64) = ([], low)
        while links.count < count, last < high {
            let skipped = (count - links.count) / Int(Anchors.stride)
            let top = try anchor(from: last + 1, skipping: skipped).flatMap(member)
            let isWithin = top.map { $0.number < high } ?? false
            let part = try walk(from: isWithin ? top?.seq : start(high), downTo: last, upTo: high, limit: .max)
            guard let newest = part.first else { break }
            links += part.reversed()
            last = newest.number
        }
        return links
    }

    /// The message that leads to one.
    func next(after link: MessageLink) throws -> MessageLink? {
        try walk(from: start(link.number + 1), downTo: link.number, upTo: .max, limit: .max).last
    }

    /// Where to begin a walk to a number.
    private func start(_ number: Int64) throws -> Int64? {
        try (number == .max ? nil : anchor(from: number, skipping: 0)) ?? head()
    }

    private func walk(from start: Int64?, downTo low: Int64, upTo high: Int64, limit: Int) throws -> [MessageLink] {
        var links: [MessageLink] = []
        var next = try start.flatMap(member)
        while let link = next, link.number > low, links.count < limit {
            if link.number <= high { links.append(link) }
            if link.previous == nil {
                let end = min(link.number, high == .max ? high : high + 1)
                return try links + anchors(in: low + 1..<max(low + 1, end), atMost: limit - links.count)
            }
            next = try previous(of: link)
        }
        return links
    }

    func previous(of link: MessageLink) throws -> MessageLink? {
        if link.previous == 0 { return nil }
        if let previous = try link.previous.flatMap(self.member), previous.number < link.number { return previous }
        return try anchors(in: 0..<max(0, link.number), atMost: 1).first.flatMap { try member(at: $0.seq) }
    }
}
