import ChatWire
import Logging
import Synchronization

/// Tells this node's hub what happens on the other nodes, and watches whether they live.
final class NodeService: Sendable {
    let outlet: NodeOutlet
    private let registry: SharedRegistry
    private let presence: PresenceService
    private let traffic: TrafficLimits
    private let log: Logger
    private let now: @Sendable () -> Timestamp
    private let timing: NodeTiming
    private let directory: Mutex<NodeDirectory>
    /// The limits of addresses; nil until there are routes.
    private let addresses = Mutex<AddressLimiter?>(nil)
    private let receipts: RemoteReceipts
    private let counts = Mutex((taken: 0, gaps: 0))
    private let strangers: Mutex<NodeStrangers>

    init(
        outlet: NodeOutlet, timing: NodeTiming, receipts: RemoteReceipts, registry: SharedRegistry,
        presence: PresenceService, traffic: TrafficLimits, log: Logger, now: @escaping @Sendable () -> Timestamp
    ) {
        self.outlet = outlet
        self.timing = timing
        self.receipts = receipts
        self.registry = registry
        self.presence = presence
        self.traffic = traffic
        self.log = log
        self.now = now
        directory = Mutex(NodeDirectory(own: outlet.bus.node, timing: timing, now: .now))
        strangers = Mutex(NodeStrangers(timing))
    }

    /// Runs until the task is cancelled.
    func run() async {
        async let bus: Void = outlet.bus.run { self.take($0) }
        log.notice(
            "This is node \(UntrustedText(outlet.bus.node.name)). It talks to others by \(UntrustedText(outlet.bus.name))."
        )
        outlet.bus.publish([.started])
        var wasThere = true
        while !Task.isCancelled {
            try? await Task.sleep(for: timing.beat)
            let problem = outlet.bus.problem
            if (problem == nil) != wasThere {
                log.notice("The bus between the nodes is \(problem.map { "away: \(UntrustedText($0))" } ?? "back").")
                wasThere = problem == nil
            }
            perform(directory.withLock { $0.tick(now: .now) })
            outlet.bus.publish([])
        }
        await bus
    }

    /// Tells the others that this node ends, and leaves the bus.
    func leave() async {
        outlet.bus.publish([.ending])
        await outlet.bus.close()
    }

    /// From now on connections count at all nodes.
    func share(_ addresses: AddressLimiter) { self.addresses.withLock { $0 = addresses } }

    var problem: String? { outlet.bus.problem }

    // MARK: Other servers of the database

    var sign: NodeSign { NodeSign(outlet.bus.node, bus: outlet.bus.name) }

    var timeBetweenSigns: Duration { strangers.withLock(\.timeBetweenSigns) }

    /// A server on the same database says by the database that it is there.
    func take(_ sign: NodeSign) {
        guard sign.node.isSound else { return }
        // While this one's bus is away, nobody is met.
        let isMet =
            sign.node == outlet.bus.node || problem != nil || directory.withLock { $0.others.contains(sign.node) }
        guard strangers.withLock({ $0.take(sign, isMet: isMet, now: .now) }) else { return }
        log.warning(
            """
            Node \(UntrustedText(sign.node.name)) uses this database, too, but not this bus: it talks by \
            \(UntrustedText(sign.bus)), and this one by \(UntrustedText(outlet.bus.name)). Messages come seconds late \
            between the two, and typing and presence not at all. Start all servers of a database with the same --bus.
            """)
    }

    /// What an operator should know although this node is ready; nil if there is nothing.
    var warning: String? {
        let count = strangers.withLock { $0.all(now: .now) }.count
        return count == 0
            ? nil : "servers of this database that are not on this one's --bus: \(count)"
    }

    var figures: NodeFigures {
        let counts = counts.withLock { $0 }
        return NodeFigures(
            name: outlet.bus.node.name, others: directory.withLock(\.others.count), isOnBus: problem == nil,
            published: outlet.count, taken: counts.taken, gaps: counts.gaps)
    }

    // MARK: What others publish

    private func take(_ parcel: Parcel) {
        if parcel.node == outlet.bus.node { return }
        // Nobody was told so far who is here.
        if outlet.open() { sendRoster() }
        counts.withLock { $0.taken += parcel.events.count }
        perform(directory.withLock { $0.take(parcel, now: .now) })
    }

    private func perform(_ effects: [NodeDirectory.Effect]) {
        for effect in effects {
            switch effect {
            case .handle(let event, let node): handle(event, from: node)
            case .setRoster(let users, let node):
                let changes = registry.withLock { $0.others.set(users, on: node) }
                presence.tellOfUnannounced(changes, lastSeen: now())
            case .askForRoster(let node): outlet.bus.publish([.rosterWanted(of: node)])
            case .sendRoster: sendRoster()
            case .somethingWasMissed:
                counts.withLock { $0.gaps += 1 }
                receipts.makeUpForWhatWasMissed()
            case .remove(let node, let silence, let hasDied): remove(node, silentFor: silence, hasDied: hasDied)
            }
        }
    }

    private func handle(_ event: NodeEvent, from node: NodeID) {
        switch event {
        case .feedsGrew(let hints):
            registry.feedsGrew(Dictionary(hints.map { ($0.user, $0.cursor) }, uniquingKeysWith: max))
            for hint in hints where hint.sent > 0 { traffic.charge(messages: hint.sent, to: hint.user) }
        case .relay(let event, let user, let isBehindMessages):
            relay(event, to: user, behindMessages: isBehindMessages)
        case .came(let user, let isAnnounced):
            let change = registry.withLock { $0.others.add(user, on: node) }
            if !isAnnounced, let change { presence.tellOfUnannounced([change], lastSeen: now()) }
        case .left(let user, let time, let isAnnounced):
            let change = registry.withLock { $0.others.remove(user, from: node) }
            guard !isAnnounced, let change else { break }
            presence.tellOfUnannounced([change], lastSeen: time)
            // Each of two nodes has left it to the other.
            if directory.withLock(\.isFirst) { presence.recordLastSeen(time, of: [user]) }
        case .tell(let peers, let user, let lastSeen): presence.take(peers, about: user, lastSeen: lastSeen)
        case .handshakes(let count, let address):
            addresses.withLock { $0 }?.charge(handshakes: count, to: address, now: now())
        case .started, .rosterWanted, .roster, .ending: break  // the directory handles these
        }
    }

    private func relay(_ event: ServerEvent, to user: UserID, behindMessages: Bool) {
        switch event {
        case .presence(var presence):
            // The clock of the other node may be ahead, and nobody was seen in the future.
            presence.lastSeen = presence.lastSeen.map { min($0, now()) }
            registry.relay(.presence(presence), to: user)
        // No node says one of these.
        case .authSuccess, .messageSent, .newMessage, .error, .resumeComplete, .resyncRequired, .tokenExpiring,
            .unknown:
            break
        case .read(_, _?, _), .blocked: receipts.append(event, to: user, isFromNode: true)
        case _ where behindMessages: receipts.append(event, to: user, isFromNode: true)
        case .read, .delivered, .typing: registry.relay(event, to: user)
        }
    }

    /// The registry's lock is held, so that nobody comes or leaves between the roster and what is told after it.
    private func sendRoster() {
        registry.withLock { registry in
            let users = registry.onlineUsers.map(\.user)
            outlet.bus.publish([.roster(users, isFirst: true, isLast: true)])
        }
    }

    private func remove(_ node: NodeID, silentFor silence: Duration, hasDied: Bool) {
        let lastSeen = now().advanced(by: .zero - silence)
        let (users, changes) = registry.withLock { registry in
            (registry.others.users(on: node), registry.others.set([], on: node))
        }
        log.notice(
            hasDied
                ? "Node \(UntrustedText(node.name)) is not heard of any more: it has died, or the bus is away."
                : "Node \(UntrustedText(node.name)) has ended.")
        presence.tellOfUnannounced(changes, lastSeen: lastSeen)
        if hasDied, directory.withLock(\.isFirst) { presence.recordLastSeen(lastSeen, of: users) }
    }
}

/// The state of a node among others, for `/metrics`.
struct NodeFigures: Sendable, Equatable {
    var name: String
    /// The number of other nodes.
    var others: Int
    var isOnBus: Bool
    /// The number of events that this node published.
    var published: Int
    /// The number of events that came from others.
    var taken: Int
    /// How often something was lost on the bus.
    var gaps: Int
}
