import ChatWire
import Synchronization

@testable import ChatServer

/// `chat-server`, with its process and its database.
final class CurrentServer: SimulatedServer {
    unowned let world: World
    var ledger: MemoryLedger
    private(set) var isFailing = false
    private(set) var process: ServerProcess?
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

    var isUp: Bool { process != nil }

    /// As its machine's clock has it, which is set now and then.
    var now: Timestamp { world.now.wall.advanced(by: .microseconds(clockSkew)) }

    func accept(_ wire: Wire) -> any ServerEnd {
        guard let process else { preconditionFailure("asked only while it is up") }
        return process.accept(wire)
    }

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
        guard process == nil else { return }
        world.note("server", "starts")
        // After a restore, a clock that was set back would put new messages between those that are lost.
        if !world.plan.hasRestores {
            // Once it was ten years ahead. (Ahead of its own messages it would tell no marks.)
            let isAhead = starts == 0 && world.dice.chance(50)
            clockSkew = isAhead ? 315_360_000.s : world.dice.from(-20.s...20.s)
        }
        starts += 1
        process = ServerProcess(self)
    }

    func crash() {
        guard let process else { return }
        world.note("server", "crashes")
        self.process = nil
        process.die()
    }

    func restart() {
        guard let process else { return }
        world.note("server", "restarts")
        process.drain {
            self.crash()
            self.start()
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
        crash()
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
