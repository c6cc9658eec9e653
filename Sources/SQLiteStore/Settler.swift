import ChatServer
import Dispatch
import GRDB
import Synchronization

/// Sees to it that what is stored is settled: before somebody looks for it, when many messages wait, and when no more come.
final class Settler: Sendable {
    /// So many messages wait under load. More of them change fewer pages each; settling them holds the writer for longer.
    private static let most = 1000
    /// Up to so many, acknowledgements and marks do not wait for more of them.
    private static let fewest = 256
    private static let pauseBetween: Duration = .milliseconds(25)
    private static let pauseAfterFailure: Duration = .seconds(1)
    /// How long no message came when the last ones are settled unasked.
    private static let pause: Duration = .milliseconds(50)

    private let pool: DatabasePool
    private let files: DatabaseFiles
    private let checkpoints: Checkpoints
    /// Nobody else appends.
    private let isServer: Bool
    private let writer = Mutex(LogWriter())
    /// Changes only on the writer's connection: before a commit and after a settlement, so also before their answers.
    private let mayBeUnsettled = Atomic(true)
    /// When it is tried again after it failed: another program's lock is waited for, which nobody must do for each read.
    private let notBefore = Mutex<ContinuousClock.Instant?>(nil)
    /// Whose messages may be unsettled.
    private let users = Mutex(UserFilter())
    private let unsettled = Atomic(0)
    private let lastTime = Mutex(ContinuousClock.now)
    private let isTimed = Atomic(false)
    private let appended = Atomic(0)

    init(_ pool: DatabasePool, files: DatabaseFiles, checkpoints: Checkpoints, isServer: Bool) {
        self.pool = pool
        self.files = files
        self.checkpoints = checkpoints
        self.isServer = isServer
    }

    /// Stores drafts in one transaction on the writer's connection.
    func append(_ drafts: [MessageDraft], _ database: Database) throws -> [AppendOutcome] {
        mayBeUnsettled.store(true, ordering: .releasing)
        let (outcomes, unsettled) = try writer.withLock { writer in
            do {
                // What could not be settled must not become ever more.
                let outcomes = try Durability.atOnce.transaction(database) { database in
                    if writer.unsettled > 2 * Self.most { writer.forget() }
                    return try writer.append(drafts, database)
                }
                return (outcomes, writer.unsettled)
            } catch {
                writer.forget()
                // It may be stored for all that.
                users.withLock { $0.insertEverybody() }
                throw error
            }
        }
        users.withLock { $0.insertUsers(of: outcomes) }
        self.unsettled.store(unsettled, ordering: .relaxed)
        appended.add(1, ordering: .relaxed)
        if unsettled >= Self.most {
            // Behind the answers of this batch, and before the next one.
            pool.asyncWriteWithoutTransaction { [self] in _ = try? run($0) }
        } else if unsettled > 0 {
            startTimer()
        }
        return outcomes
    }

    /// Bans, blocks or feeds are changed. On the writer's connection.
    func forget() {
        writer.withLock { $0.forget() }
    }

    /// Returns when acknowledgements and read marks had time to come together, if many messages come: each write of them needs
    /// all messages settled, which costs the less the more there are at a time.
    func gather() async {
        guard unsettled.load(ordering: .relaxed) > Self.fewest else { return }
        let next = lastTime.withLock { $0 } + Self.pauseBetween
        if .now < next { try? await Task.sleep(until: next) }
    }

    /// - Returns: whether whatever was stored before the call can be found.
    func settle(_ scope: ReadScope = .allMessages) async -> Bool {
        guard mayBeUnsettled.load(ordering: .acquiring) else { return true }
        switch scope {
        case .noMessages: return true
        case .messages(let user): if isServer, !users.withLock({ $0.mayContain(user) }) { return true }
        case .allMessages: break
        }
        return await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [self] database in
                continuation.resume(returning: (try? run(database)) != nil)
            }
        }
    }

    /// Within a transaction that sees to the rest itself, by ``noteSettled()`` when it is committed.
    func settle(within database: Database) throws {
        if mayBeUnsettled.load(ordering: .acquiring) { try Settlement.run(database) }
    }

    func noteSettled() {
        writer.withLock { $0.noteSettled() }
        users.withLock { $0.removeAll() }
        unsettled.store(0, ordering: .relaxed)
        lastTime.withLock { $0 = .now }
        if isServer { mayBeUnsettled.store(false, ordering: .releasing) }
    }

    /// On the writer's connection.
    func run(_ database: Database) throws {
        guard mayBeUnsettled.load(ordering: .acquiring) else { return }
        guard files.areInPlace else { throw StoreError.gone }
        if let time = notBefore.withLock({ $0 }), .now < time { throw StoreError.locked }
        do {
            // A look costs no lock.
            if try Settlement.isNeeded(database) {
                try Durability.later.transaction(database) { _ = try Settlement.run($0) }
            }
            notBefore.withLock { $0 = nil }
        } catch {
            notBefore.withLock { $0 = .now + Self.pauseAfterFailure }
            throw error
        }
        noteSettled()
        checkpoints.noteCommit()
    }

    private func startTimer(_ pause: Duration = pause) {
        if isTimed.exchange(true, ordering: .relaxed) { return }
        let seen = appended.load(ordering: .relaxed)
        DispatchQueue.global().asyncAfter(deadline: .now() + pause / .seconds(1)) { [weak self] in
            self?.lookAgain(seen)
        }
    }

    private func lookAgain(_ seen: Int) {
        isTimed.store(false, ordering: .relaxed)
        if appended.load(ordering: .relaxed) != seen { return startTimer() }
        pool.asyncWriteWithoutTransaction { [self] in
            if (try? run($0)) == nil { startTimer(Self.pauseAfterFailure) }
        }
    }
}
