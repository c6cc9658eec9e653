import ChatClient
import ChatWire
import TextSearch

/// A window's way to its machine's disk.
struct WindowDisk: ConversationStore, @unchecked Sendable {
    private let window: Window

    init(_ window: Window) { self.window = window }

    private var device: Device { window.device }
    private var plan: Plan { window.world.plan }

    var isLasting: Bool { true }

    func load(peer: UserID, limit: Int) throws(StoreFailure) -> StoredState {
        try failIfFull(20)
        return device.disk.ledger.load(peer: peer, limit: limit, window: window.place, isFull: device.isDiskFull)
    }

    func inbox(limit: Int) throws(StoreFailure) -> StoredInbox {
        try failIfFull(20)
        return device.disk.ledger.inbox(limit: limit, window: window.place)
    }

    func apply(_ changes: [StoreChange]) throws(StoreFailure) {
        do throws(StoreFailure) {
            try device.apply(changes, of: window)
            window.world.note(window.name, "on disk: \(changes)")
        } catch {
            window.world.note(window.name, "disk: \(error)")
            throw error
        }
    }

    func page(of peer: UserID, before messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredPage {
        try failIfFull(30)
        return device.disk.ledger.page(of: peer, before: messageID, limit: min(limit, plan.diskPage))
    }

    func flags() throws(StoreFailure) -> [UserID: StoredFlags] {
        try failIfFull(20)
        return device.disk.ledger.flags
    }

    func run(of peer: UserID, after messageID: MessageID?, limit: Int) throws(StoreFailure) -> StoredRun {
        try failIfFull(30)
        return device.disk.ledger.run(of: peer, after: messageID, limit: min(limit, plan.diskPage))
    }

    func run(of peer: UserID, around messageID: MessageID, limit: Int) throws(StoreFailure) -> StoredRun {
        try failIfFull(30)
        return device.disk.ledger.run(of: peer, around: messageID, limit: min(limit, plan.diskPage))
    }

    func first(of peer: UserID, since time: Timestamp) throws(StoreFailure) -> MessageID? {
        try failIfFull(30)
        return device.disk.ledger.first(of: peer, since: time)
    }

    func gap(except skipped: Set<MessageID>) throws(StoreFailure) -> StoredGap? {
        try failIfFull(20)
        return device.disk.ledger.gap(except: skipped)
    }

    func find(_ query: WordQuery, before place: Int64?, limit: Int) throws(StoreFailure) -> FoundPage {
        device.disk.ledger.find(query, before: place, limit: limit)
    }

    func indexMore(limit: Int) throws(StoreFailure) -> Bool { false }

    func search(
        _ query: TextQuery, in peer: UserID, after messageID: MessageID?, limit: Int
    ) throws(StoreFailure) -> StoredMatches {
        device.disk.ledger.search(query, in: peer, after: messageID, limit: limit)
    }

    func adoptUnsent(peer: UserID?, since: Timestamp) throws(StoreFailure) -> [UnsentMessage] {
        if device.isDiskFull { throw .diskFull }
        return device.disk.ledger.adoptUnsent(peer: peer, since: since, window: window.place)
    }

    /// Of a hundred reads from a full disk, so many fail.
    private func failIfFull(_ percent: Int) throws(StoreFailure) {
        if device.isDiskFull, window.world.dice.chance(percent) { throw .diskFull }
    }
}
