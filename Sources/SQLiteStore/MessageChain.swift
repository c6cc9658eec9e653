import GRDB

/// A linked list of messages, each of which leads to the one before it: a feed, or a conversation.
///
/// With links, storing a message changes only the last page of the log. Every sixteenth message of a chain is an
/// anchor: a table finds it by its number or its `seq`. The messages between anchors are found by following links.
protocol MessageChain {
    /// The first anchor whose number is at least `number`, after skipping that many.
    func anchor(from number: Int64, skipping: Int) throws -> Int64?
    /// The last anchors in a range of numbers, the newest first. Their links are not looked up: `previous` is nil, as
    /// it is in messages of earlier versions.
    func anchors(in numbers: Range<Int64>, atMost most: Int) throws -> [MessageLink]
    /// The newest message's `seq`.
    func head() throws -> Int64?
    /// The message at `seq`; nil if it was deleted.
    func member(at seq: Int64) throws -> MessageLink?
}

/// A message in a chain.
struct MessageLink: Equatable {
    /// The order of the messages in the chain.
    var number: Int64
    var seq: Int64
    /// The `seq` of the message before it; 0 if there is none. Nil if an earlier version stored it: that message and
    /// all before it are anchors.
    var previous: Int64?
}

enum Anchors {
    /// The distance between anchors. With more anchors, storing costs more and reading costs less.
    static let stride: Int64 = 16

    /// Whether the message with this number is an anchor.
    static func has(_ number: Int64) -> Bool { number % stride == 0 }
}

extension MessageChain {
    /// The newest messages up to a number, the newest first.
    func newest(upTo number: Int64 = .max, limit: Int) throws -> [MessageLink] {
        try walk(from: start(number), downTo: 0, upTo: number, limit: limit)
    }

    /// The messages after the number `low` up to the number `high`, the newest first.
    func links(behind low: Int64, upTo high: Int64) throws -> [MessageLink] {
        try walk(from: start(high), downTo: low, upTo: high, limit: .max)
    }

    /// The oldest messages after the number `low` up to `high`, the oldest first. There are at least `count` of them,
    /// or all there are.
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

    /// The message after this one.
    func next(after link: MessageLink) throws -> MessageLink? {
        try walk(from: start(link.number + 1), downTo: link.number, upTo: .max, limit: .max).last
    }

    /// The `seq` from which to follow links to a number.
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
