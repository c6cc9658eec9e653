import ChatWire

@testable import ChatClient

/// A user's machine: a disk that its windows share, and a way to the network.
final class Device {
    unowned let world: World
    let name: String
    let user: UserID
    let peers: [UserID]
    var disk: Disk
    /// What the power failing leaves at least.
    private var synced: Disk
    private(set) var windows: [Window] = []
    private(set) var isAsleep = false
    private(set) var isCutOff = false
    var isDiskFull = false
    private var deferred: [() -> Void] = []

    /// What is on the disk, with the judge's own list of it.
    struct Disk {
        var ledger: ConversationLedger
        /// The ids of all messages that are there.
        var messages: Set<MessageID> = []
        /// Up to where the feed was taken to be here by decree, when the server's database had been restored so many times.
        var decree = (cursor: 0, data: 0)
    }

    init(_ world: World, name: String, user: UserID, peers: [UserID]) {
        self.world = world
        self.name = name
        self.user = user
        self.peers = peers
        disk = Disk(ledger: ConversationLedger(user: user))
        synced = disk
        let windows = world.dice.from(1...2)
        for _ in 0..<windows { world.after(0...3.s) { self.openWindow() } }
    }

    // MARK: - Windows

    func openWindow(with peer: UserID? = nil) {
        guard let peer = peer ?? (world.dice.chance(70) ? peers.first : world.dice.pick(peers)) else { return }
        let startsWithList = world.plan.hasTurns && !world.isCalm && world.dice.chance(40)
        let window = Window(world, self, peer: startsWithList ? nil : peer)
        windows.append(window)
        window.start()
    }

    func forget(_ window: Window) {
        windows.removeAll { $0 === window }
        disk.ledger.closeWindow(window.place)
    }

    // MARK: - Sleep

    /// Does it now, or when the machine is awake again.
    func whenAwake(_ action: @escaping () -> Void) {
        if isAsleep { deferred.append(action) } else { action() }
    }

    func sleep(for span: Int) {
        guard !isAsleep else { return }
        world.note(name, "sleeps for \(span / 1000) ms")
        isAsleep = true
        for wire in windows.compactMap(\.wire) {
            // Nobody answers the server's pings.
            if span > 10.s { world.after(10.s...35.s) { wire.fallSilent() } }
        }
        world.after(span) { self.wake(after: span) }
    }

    private func wake(after span: Int) {
        world.note(name, "wakes")
        isAsleep = false
        let noticesFirst = world.dice.chance(50)
        if noticesFirst { notice(span) }
        let actions = deferred
        deferred = []
        for action in actions { action() }
        if !noticesFirst { notice(span) }
    }

    private func notice(_ span: Int) {
        guard span >= 2.s else { return }
        for window in windows { window.handle(.woke(after: .microseconds(span))) }
    }

    // MARK: - What breaks

    func cutOff() {
        world.note(name, "is cut off")
        isCutOff = true
        for wire in windows.compactMap(\.wire) { wire.fallSilent() }
    }

    func rejoin() {
        if isCutOff { world.note(name, "is on the network again") }
        isCutOff = false
    }

    /// All windows die, and what the system had not written yet is lost.
    func failPower() {
        let isRecent = world.dice.chance(50)
        world.note(name, "loses its power and \(isRecent ? "nothing else" : "what was not synced")")
        for window in windows { window.kill() }
        if !isRecent { disk = synced }
        disk.ledger.crash()
        synced = disk
    }

    /// One transaction.
    func apply(_ changes: [StoreChange], of window: Window) throws(StoreFailure) {
        if isDiskFull { throw .diskFull }
        disk.ledger.apply(changes, window: window.place)
        for change in changes {
            switch change {
            case .enqueue(let message): world.judge.wrote(message, in: window)
            // What waits for the user, or for somebody to come to its conversation, is not waited for.
            case .setState(.held, let id), .disown(let id): world.judge.held(id)
            case .message(let stored): keep(stored)
            case .page(let run, _, _): for stored in run { keep(stored) }
            case .restart(let position): restart(at: position, data: window.feedEnd.data)
            default: break
            }
        }
        if changes.contains(where: { if case .enqueue = $0 { true } else { false } }) { synced = disk }
    }

    /// Up to here nothing needs to be on disk: it was left out on purpose, and what a window shows of it, it asks for.
    var decree: Int { common(disk.decree.cursor, since: disk.decree.data) }

    private func restart(at position: FeedPosition, data: Int) {
        guard let server = world.server as? CurrentServer else { return }
        disk.decree = (max(decree, common(position.cursor, since: data)), server.restores)
        world.judge.decreed(decree, for: user)
    }

    /// How much of what a cursor said of earlier data it says of those that the server has now.
    private func common(_ cursor: Int, since data: Int) -> Int {
        guard let server = world.server as? CurrentServer, data < server.restores else { return cursor }
        return min(cursor, server.commonEnd(of: user, since: data))
    }

    private func keep(_ stored: StoredMessage) {
        disk.messages.insert(stored.message.id)
        world.judge.kept(stored.message.id, by: user)
    }
}
