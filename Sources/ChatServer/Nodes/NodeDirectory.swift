import ChatWire

/// Which other nodes there are, and what this one has heard of each. `NodeService` drives this value.
///
/// Rules:
/// 1. Each parcel of a node is taken once and in order. A number that was passed before is dropped.
/// 2. After a gap the node's users are asked for, and the clients here are sent again what may have been lost.
/// 3. A node that was silent for its lease has died, and a node that said that it ends has the time in which its clients
///    connect elsewhere. After that nobody is on it. If it is heard again, it is there again.
/// 4. What is of no use later is dropped if it was held up on its way.
/// 5. There is an end to the number of nodes. For a new one, the one that has been gone for longest is forgotten.
/// 6. Leases are measured by this node's own clock. After this node itself stood still, it waits for another lease.
struct NodeDirectory: Sendable {
    enum Effect: Equatable {
        case handle(NodeEvent, from: NodeID)
        /// These users are on the node, and no others.
        case setRoster(Set<UserID>, of: NodeID)
        case askForRoster(of: NodeID)
        case sendRoster
        /// Something was lost that devices here may need.
        case somethingWasMissed
        /// The node has ended, and was last heard of this long ago.
        /// - Parameter hasDied: Whether it could not say so before.
        case remove(NodeID, silentFor: Duration, hasDied: Bool)
    }

    typealias Instant = ContinuousClock.Instant

    private struct Node {
        var lastNumber: Int
        var lastHeard: Instant
        var age = ParcelAge()
        /// The time at which nobody is on it any more, unless it is heard before.
        var endsAt: Instant
        /// Whether its end is expected.
        var isEnding = false
        /// Whether it is known who is on it.
        var isRosterKnown: Bool
        /// The users of a roster whose last part has not come yet.
        var partOfRoster: Set<UserID>?
        var rosterAskedAt: Instant?
        /// Whether its lease is over. Its number is remembered, to tell whether something was lost meanwhile.
        var isGone = false
    }

    let own: NodeID
    let timing: NodeTiming
    private var nodes: [NodeID: Node] = [:]
    private var lastTick: Instant
    private var rosterSentAt: Instant?
    /// Whether somebody asked for the roster just after it was sent.
    private var isRosterDue = false
    private let startedAt: Instant

    init(own: NodeID, timing: NodeTiming, now: Instant) {
        self.own = own
        self.timing = timing
        lastTick = now
        startedAt = now
    }

    /// The other nodes that are alive.
    var others: [NodeID] { nodes.filter { !$0.value.isGone }.map(\.key) }

    /// Whether this node is the one that does what only one of all has to do.
    var isFirst: Bool { others.allSatisfy { own.precedes($0) } }

    // MARK: Parcels

    mutating func take(_ parcel: Parcel, now: Instant) -> [Effect] {
        guard parcel.node != own else { return [] }
        guard nodes[parcel.node] != nil || makeRoom() else { return [] }
        var effects: [Effect] = []
        guard var node = meet(parcel, now, &effects) else { return [] }
        node.lastNumber = parcel.number
        node.lastHeard = now
        if !node.isEnding { node.endsAt = now + timing.lease }
        let isLate = node.age.isLate(parcel, since: startedAt, now: now)
        for event in parcel.events where !(isLate && event.isMomentary) {
            effects += take(event, from: parcel.node, &node, now)
        }
        if !node.isRosterKnown, node.partOfRoster == nil, mayAskForRoster(of: node, now) {
            node.rosterAskedAt = now
            effects.append(.askForRoster(of: parcel.node))
        }
        nodes[parcel.node] = node
        return effects
    }

    /// - Returns: whether there is room for one more node.
    private mutating func makeRoom() -> Bool {
        guard nodes.count >= Self.mostNodes else { return true }
        guard let oldest = nodes.filter(\.value.isGone).min(by: { $0.value.lastHeard < $1.value.lastHeard }) else {
            return false
        }
        nodes[oldest.key] = nil
        return true
    }

    /// Each node hears every other one, so a database has a dozen or two.
    static let mostNodes = 64

    /// Returns nil if the parcel came before.
    private func meet(_ parcel: Parcel, _ now: Instant, _ effects: inout [Effect]) -> Node? {
        guard var node = nodes[parcel.node] else {
            let isNew = parcel.number == 1
            // If this node has just started, nobody here has missed anything.
            if !isNew, now - startedAt > timing.lease { effects.append(.somethingWasMissed) }
            return Node(
                lastNumber: parcel.number, lastHeard: now, endsAt: now + timing.lease, isRosterKnown: isNew)
        }
        guard parcel.number > node.lastNumber else { return nil }
        let isGap = parcel.number > node.lastNumber + 1
        if isGap { effects.append(.somethingWasMissed) }
        if isGap || node.isGone {
            node.isRosterKnown = false
            node.partOfRoster = nil
        }
        node.isGone = false
        return node
    }

    private mutating func take(
        _ event: NodeEvent, from id: NodeID, _ node: inout Node, _ now: Instant
    ) -> [Effect] {
        switch event {
        case .started: return sendRoster(now)
        case .rosterWanted(let wanted): return wanted == own ? sendRoster(now) : []
        case .roster(let users, let isFirst, let isLast):
            if isFirst { node.partOfRoster = [] }
            node.partOfRoster?.formUnion(users)
            guard isLast, let roster = node.partOfRoster else { return [] }
            node.partOfRoster = nil
            node.isRosterKnown = true
            return [.setRoster(roster, of: id)]
        case .ending:
            node.isEnding = true
            node.endsAt = now + timing.handover
            return []
        case .feedsGrew, .relay, .came, .left, .tell, .handshakes: return [.handle(event, from: id)]
        }
    }

    /// Many nodes may ask at once, and one answer is for all.
    private mutating func sendRoster(_ now: Instant) -> [Effect] {
        if let rosterSentAt, now - rosterSentAt < timing.beat {
            isRosterDue = true
            return []
        }
        isRosterDue = false
        rosterSentAt = now
        return [.sendRoster]
    }

    private func mayAskForRoster(of node: Node, _ now: Instant) -> Bool {
        node.rosterAskedAt.map { now - $0 >= timing.beat } ?? true
    }

    // MARK: Leases

    /// Is called with every beat.
    mutating func tick(now: Instant) -> [Effect] {
        let stoodStill = now - lastTick > timing.beat * 2
        lastTick = now
        var effects = isRosterDue ? sendRoster(now) : []
        for id in nodes.keys.sorted(by: { $0.precedes($1) }) {
            guard var node = nodes[id] else { continue }
            if stoodStill { node.endsAt = max(node.endsAt, now + timing.lease) }
            if node.isGone {
                if now - node.lastHeard > Self.memory { nodes[id] = nil }
                continue
            }
            if now >= node.endsAt {
                node.isGone = true
                effects.append(.remove(id, silentFor: now - node.lastHeard, hasDied: !node.isEnding))
            }
            nodes[id] = node
        }
        return effects
    }

    /// How long a node's number is remembered after its lease.
    private static let memory: Duration = .seconds(600)
}
