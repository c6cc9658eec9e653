/// Servers that use the same database and are not met on the bus, because somebody has given them another one or none.
struct NodeStrangers: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Stranger {
        var sign: NodeSign
        var firstHeard: Instant
        var lastHeard: Instant
        var isKnown = false
    }

    private var strangers: [NodeID: Stranger] = [:]
    private var lastPruned: Instant?
    /// A server that has just started is met by then, and one that said nothing for so long has ended.
    let lease: Duration
    let timeBetweenSigns: Duration

    init(_ timing: NodeTiming) {
        lease = timing.lease
        timeBetweenSigns = timing.beat * 10
    }

    /// - Parameter isMet: Whether the server is met on the bus, or it is this one.
    /// - Returns: whether it has just turned out to be a stranger.
    mutating func take(_ sign: NodeSign, isMet: Bool, now: Instant) -> Bool {
        if lastPruned.map({ now - $0 >= lease }) ?? true { forgetSilent(now) }
        if isMet {
            strangers[sign.node] = nil
            return false
        }
        guard strangers[sign.node] != nil || strangers.count < Self.most else { return false }
        var stranger = strangers[sign.node] ?? Stranger(sign: sign, firstHeard: now, lastHeard: now)
        stranger.lastHeard = now
        let isNews = !stranger.isKnown && now - stranger.firstHeard >= lease
        if isNews { stranger.isKnown = true }
        strangers[sign.node] = stranger
        return isNews
    }

    /// Those who are there now.
    mutating func all(now: Instant) -> [NodeSign] {
        forgetSilent(now)
        return strangers.values.filter(\.isKnown).map(\.sign).sorted { $0.node.precedes($1.node) }
    }

    /// More than a database has servers.
    static let most = 64

    private mutating func forgetSilent(_ now: Instant) {
        lastPruned = now
        strangers = strangers.filter { now - $0.value.lastHeard < timeBetweenSigns * 3 }
    }
}
