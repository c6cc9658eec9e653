/// Events that a node publishes together.
public struct Parcel: Sendable, Hashable {
    public let node: NodeID
    /// 1, 2, 3 … for each node. A gap shows that parcels were lost.
    public let number: Int
    public let events: [NodeEvent]
    /// How long after some fixed time of its own the node has published this; nil if it does not say.
    public let sentAfter: Duration?

    public init(node: NodeID, number: Int, events: [NodeEvent], sentAfter: Duration? = nil) {
        self.node = node
        self.number = number
        self.events = events
        self.sentAfter = sentAfter
    }
}

/// Writes a node's events as texts that a bus can carry, and numbers them.
///
/// A text is lines of fields with tabs between them. The first line is the sender, the second one the time, and each further
/// one is an event.
public struct ParcelWriter: Sendable {
    private let header: String
    private let maxBytes: Int
    private let start: ContinuousClock.Instant
    private var count = 0

    /// - Parameters:
    ///   - maxBytes: The largest payload that the bus carries, in bytes. One event has to fit into it.
    ///   - start: The time from which the parcels' times count.
    public init(_ node: NodeID, maxBytes: Int, start: ContinuousClock.Instant = .now) {
        self.start = start
        header = "\(Parcel.format)\t\(node.name)\t\(node.run)\t"
        self.maxBytes = maxBytes
    }

    /// Returns the texts, of which each is a parcel.
    public mutating func texts(of events: [NodeEvent], now: ContinuousClock.Instant = .now) -> [String] {
        let time = "\n\(Parcel.timeMark)\t\(Int64((now - start) / .milliseconds(1)))"
        var texts: [String] = []
        var text = nextHeader() + time
        let room = maxBytes - text.utf8.count - 10  // the number may get digits
        for line in events.flatMap({ $0.lines(fitting: room) }) {
            if text.utf8.count + line.utf8.count >= maxBytes {
                texts.append(text)
                text = nextHeader() + time
            }
            text += "\n" + line
        }
        return texts + [text]
    }

    private mutating func nextHeader() -> String {
        count += 1
        return header + "\(count)"
    }
}

extension Parcel {
    /// The version of the format. Nodes ignore parcels of another one, and lines that they do not know.
    fileprivate static let format = "1"
    /// Begins the line of the time. Nodes that do not know it ignore it.
    fileprivate static let timeMark = "a"

    /// Nil if the text is no parcel of this format.
    public init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let header = lines[0].split(separator: "\t", omittingEmptySubsequences: false)
        guard header.count == 4, header[0] == Self.format, let number = Int(header[3]), number > 0 else { return nil }
        let node = NodeID(name: String(header[1]), run: String(header[2]))
        guard node.isSound else { return nil }
        let time = lines.dropFirst().first?.split(separator: "\t").map(String.init) ?? []
        let milliseconds = time.count == 2 && time[0] == Self.timeMark ? Int64(time[1]) : nil
        var events: [NodeEvent] = []
        var hints: [FeedHint] = []
        for event in lines.dropFirst().lazy.compactMap({ NodeEvent(line: $0) }) {
            // Each hint has a line of its own.
            if case .feedsGrew(let hint) = event {
                hints += hint
                continue
            }
            if !hints.isEmpty { events.append(.feedsGrew(hints)) }
            hints = []
            events.append(event)
        }
        if !hints.isEmpty { events.append(.feedsGrew(hints)) }
        self.init(
            node: node, number: number, events: events, sentAfter: milliseconds.map { .milliseconds($0) })
    }
}
