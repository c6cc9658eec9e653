import ChatWire
import Synchronization

@testable import ChatServer

/// `chat-server`, with its processes and their database.
final class CurrentServer: SimulatedServer {
    unowned let world: World
    var ledger: MemoryLedger
    private(set) var isFailing = false
    /// The nodes that run, by their places.
    private(set) var processes: [Int: ServerProcess] = [:]
    private var backup: MemoryLedger?
    /// How many messages each restore kept.
    private var kept: [Int] = []
    /// Where the wall clock of the server's machine is ahead.
    private var clockSkew: Int = 0
    private var starts = 0

    init(_ world: World) {
        self.world = world
        let ids = Mutex(0)
        ledger = MemoryLedger(epoch: "epoch-1") { _ in
            ids.withLock {
                $0 += 1
                return "m\($0)"
            }
        }
        start()
    }

    var isUp: Bool { !processes.isEmpty }

    /// As its machine's clock has it, which is set now and then.
    var now: Timestamp { world.now.wall.advanced(by: .microseconds(clockSkew)) }

    func accept(_ wire: Wire) -> any ServerEnd {
        guard let process = anyProcess else { preconditionFailure("asked only while it is up") }
        return process.accept(wire)
    }

    /// In one order, so that a seed makes one world.
    private var inOrder: [ServerProcess] { processes.sorted { $0.key < $1.key }.map(\.value) }

    private var anyProcess: ServerProcess? {
        let ready = inOrder.filter { !$0.registry.isDraining }
        let some = ready.isEmpty ? inOrder : ready
        return some.count < 2 ? some.first : some[world.dice.below(some.count)]
    }

    func others(than process: ServerProcess) -> [ServerProcess] { inOrder.filter { $0 !== process } }

    func history(of user: UserID, with peer: UserID, before: MessageID?, limit: Int?) -> HistoryPage? {
        if isFailing { return nil }
        // The newest page is large: what arrives while it is under way is in it.
        let most = before == nil ? 1000 : world.plan.serverPage
        return ledger.conversation(of: user, with: peer, before: before, limit: min(limit ?? 1000, most))
    }

    func conversations(of user: UserID) -> [ConversationList.Entry]? {
        isFailing ? nil : ledger.conversations(of: user, limit: 200)
    }

    // MARK: - What happens to it

    func start() {
        let missing = (0..<world.plan.nodes).filter { processes[$0] == nil }
        if missing.isEmpty { return }
        if isUp { return start(nodes: missing) }
        world.note("server", "starts")
        // After a restore, a clock that was set back would put new messages between those that are lost.
        if !world.plan.hasRestores {
            // Once it was ten years ahead. (Ahead of its own messages it would tell no marks.)
            let isAhead = starts == 0 && world.dice.chance(50)
            clockSkew = isAhead ? 315_360_000.s : world.dice.from(-20.s...20.s)
        }
        start(nodes: missing)
    }

    private func start(nodes: [Int]) {
        for node in nodes {
            starts += 1
            processes[node] = ServerProcess(self, node: node, run: starts)
        }
    }

    /// One node or all of them die.
    func crash() {
        let isOneOnly = processes.count > 1 && world.dice.chance(70)
        world.note("server", "crashes")
        if isOneOnly, let process = anyProcess { return end(process) }
        crashAll()
    }

    func crashAll() {
        for process in inOrder { end(process) }
    }

    private func end(_ process: ServerProcess) {
        processes[process.node] = nil
        process.die()
    }

    /// One node after the other gets a new version.
    func restart() {
        guard let process = anyProcess else { return }
        world.note("server", "restarts")
        process.drain { [self] in
            if processes[process.node] === process { end(process) }
            start()
        }
    }

    func setFailing(_ isFailing: Bool) {
        world.note("server", "database \(isFailing ? "fails" : "works")")
        self.isFailing = isFailing
    }

    func backUp() {
        world.note("server", "is backed up")
        backup = ledger
    }

    func restore() {
        guard var backup else { return }
        crashAll()
        let lost = ledger.messages.dropFirst(backup.messages.count)
        world.note("server", "database is restored, without \(lost.map(\.message.id))")
        world.judge.lost(lost.map { ($0.message, $0.clientMessageID) })
        if !world.plan.keepsEpoch { backup.epoch = Epoch(world.makeName("epoch-")) }
        kept.append(backup.messages.count)
        ledger = backup
        self.backup = nil
    }

    /// How often the database was restored.
    var restores: Int { kept.count }

    /// Up to which cursor a user's feed is what it was when the database had been restored so many times.
    func commonEnd(of user: UserID, since restores: Int) -> Int {
        let least = kept[restores...].min() ?? .max
        return ledger.feeds[user, default: []].prefix { $0 < least }.count
    }

    // MARK: - What the judge asks

    func conversation(_ one: UserID, _ other: UserID) -> [Message] {
        ledger.messages.lazy.filter {
            $0.message.isBetween(one, other) && ($0.message.sender == one ? !$0.isLateDelivery : $0.reachesReceiver)
        }.map(\.message)
    }

    func isStored(_ messageID: MessageID) -> Bool { ledger.places[messageID] != nil }

    func storedSendings(_ written: [ClientMessageID: Judge.Written]) -> [ClientMessageID] {
        ledger.messages.compactMap(\.clientMessageID)
    }

    func unknownMessage(_ written: [ClientMessageID: Judge.Written], except users: Set<UserID>) -> MessageID? {
        ledger.messages.first { stored in
            !users.contains(stored.message.sender) && !stored.isLateDelivery
                && stored.clientMessageID.flatMap { written[$0] } == nil
        }?.message.id
    }

    func messages(to user: UserID) -> [MessageID] {
        ledger.messages.lazy.filter { $0.message.receiver == user && $0.reachesReceiver }.map(\.message.id)
    }

    func messages(inFeedOf user: UserID, after cursor: Int) -> [MessageID] {
        ledger.feed(of: user, after: cursor, limit: .max).map(\.message.id)
    }
}
