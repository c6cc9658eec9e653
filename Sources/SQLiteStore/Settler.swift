import ChatServer
import Dispatch
import GRDB
import Synchronization

/// Decides when to settle: before a read that needs it, when many messages wait, and when no more come.
///
/// It settles in parts, which take turns with other writes (``SettlementBatchSize``). A read waits for the part that it
/// needs, but only for a moment; ``UnsettledView`` finds the rest.
final class Settler: Sendable {
    /// The number of messages that wait under load. With more, each changes fewer pages, but settling them takes
    /// longer.
    private static let most = 12_000
    /// With so many unsettled messages, a new message waits for settlement. The number must not grow without bound if
    /// settling fails.
    static let limit = 16_000
    /// Up to this number, acknowledgements and marks do not wait for more of them to come.
    private static let fewest = 256
    /// The typical number of rows per message, when most messages belong to different conversations.
    private static let usualRows = 2
    private static let pauseBetween: Duration = .milliseconds(100)
    private static let pauseAfterFailure: Duration = .seconds(1)
    /// When no message came for this long, the last ones are settled.
    private static let pause: Duration = .milliseconds(50)
    /// After so many pauses the messages are settled even if more come. So none waits for much longer than a second.
    private static let maxPauses = 20
    /// How long a read waits for settlement. Waiting is cheaper than reading unsettled messages, which costs a few
    /// milliseconds. If settlement is impossible now, no read waits.
    private static let readTimeout: Duration = .milliseconds(500)
    /// How long settling waits while the log grows faster than it is checkpointed.
    static let backoff: Duration = .milliseconds(20)

    private let pool: DatabasePool
    let transactions = Transactions()
    private let files: DatabaseFiles
    private let checkpoints: Checkpoints
    private let writer: Mutex<LogWriter>
    private let batchSize = Mutex(SettlementBatchSize())
    /// It is updated before any caller learns that a message is stored.
    private let state: Mutex<SettlementState>
    private let unsettled = Atomic(0)
    /// The time of the last settlement, and its number of messages.
    private let last = Mutex((time: ContinuousClock.now, count: 0))
    private let isTimed = Atomic(false)
    private let expiryIsTimed = Atomic(false)
    private let appended = Atomic(0)

    init(
        _ pool: DatabasePool, ids: MessageIDCipher, files: DatabaseFiles, checkpoints: Checkpoints, isServer: Bool
    ) {
        writer = Mutex(LogWriter(ids))
        self.pool = pool
        self.files = files
        self.checkpoints = checkpoints
        state = Mutex(SettlementState(isOnlyWriter: isServer))
    }

    // MARK: - On the writer's connection

    /// Stores drafts in one transaction.
    func append(_ drafts: [MessageDraft], _ database: Database) throws -> [AppendOutcome] {
        let outcomes: [AppendOutcome]
        do {
            outcomes = try writer.withLock { writer in
                let most =
                    writer.unsettled > Self.limit
                    ? max(drafts.count * SettlementBatchSize.ofOneMessage, batchSize.withLock(\.rows)) : nil
                let (outcomes, step, first) = try transactions.run(.atOnce, database) { database in
                    let step = try most.map { try Settlement.run(database, atMost: $0, cachedBy: writer) }
                    return (try writer.append(drafts, database), step, writer.firstSeq)
                }
                state.withLock { state in
                    if let step { state.note(step) }
                    state.noteStored(outcomes, first: first, last: writer.lastSeq)
                }
                if let step { writer.noteSettled(step.end) }
                unsettled.store(writer.unsettled, ordering: .relaxed)
                return outcomes
            }
        } catch {
            guard noteFailure(drafts, database) else { throw error }
            return drafts.map { _ in .unknown(StoreError(error)) }
        }
        appended.add(1, ordering: .relaxed)
        let count = unsettled.load(ordering: .relaxed)
        // It runs after the answers of this batch and before the next one. Half of the messages keep waiting for more.
        if count >= Self.most { settle(leaving: count / 2) }
        if count > 0 { startTimer() }
        return outcomes
    }

    /// A commit that fails may have reached the disk all the same.
    /// - Returns: whether the log has more messages than it had.
    private func noteFailure(_ drafts: [MessageDraft], _ database: Database) -> Bool {
        writer.withLock { $0.forget() }
        let logEnd = try? Settlement.logEnd(database)
        return state.withLock { state in
            let isLonger = logEnd.map(state.isDoubtful)
            if isLonger ?? true { state.noteDoubtful(drafts) }
            state.holdUp(until: .now + Self.pauseAfterFailure)
            return isLonger ?? false
        }
    }

    /// Reads the writer's cache.
    func withWriter<Value: Sendable>(_ body: (inout LogWriter) throws -> Value) rethrows -> Value {
        try writer.withLock { try body(&$0) }
    }

    /// Bans, blocks or feeds have changed, so the writer's cache is emptied.
    func forget() {
        writer.withLock { $0.forget() }
    }

    /// Whether settling everything takes longer than one transaction may.
    func hasMuch(_ database: Database) throws -> Bool {
        try Int(Settlement.missing(database)) * Self.usualRows > batchSize.withLock(\.rows)
    }

    /// Records a settlement that is committed.
    func note(_ step: Settlement.Step) {
        writer.withLock { writer in
            writer.noteSettled(step.end)
            unsettled.store(writer.unsettled, ordering: .relaxed)
        }
        state.withLock { $0.note(step) }
        last.withLock { $0 = (.now, step.count) }
    }

    /// Settles everything, part by part, for as long as the time allows.
    func run(_ database: Database, within limit: Duration? = nil) throws {
        let start = ContinuousClock.now
        while try !commitPart(database).isWhole {
            if let limit, .now - start > limit { return }
        }
    }

    /// Settles one part. Call it within a transaction.
    func settlePart(_ database: Database, atMost most: Int = .max) throws -> Settlement.Step {
        try writer.withLock { try Settlement.run(database, atMost: most, cachedBy: $0) }
    }

    private func commitPart(_ database: Database) throws -> Settlement.Step {
        guard files.areInPlace else { throw StoreError.gone }
        // Checking takes no lock.
        guard try Settlement.missing(database) > 0 else {
            let step = Settlement.Step(end: try Settlement.end(database), count: 0, isWhole: true)
            note(step)
            return step
        }
        // If messages come faster than they are settled, the parts grow, because larger parts change fewer pages per
        // message.
        let most = max(batchSize.withLock(\.rows), unsettled.load(ordering: .relaxed) / 8)
        let start = ContinuousClock.now
        let step = try BusyTimeout.run(database, waiting: BusyTimeout.least) {
            try transactions.run(.later, database) { try settlePart($0, atMost: most) }
        }
        batchSize.withLock { $0.note(step.rows, took: .now - start) }
        note(step)
        checkpoints.noteCommit(database)
        return step
    }

    /// Settles one part, and queues the next behind other writes.
    private func settleInTurn(_ database: Database) {
        if checkpoints.isBehind { return holdUp(for: Self.backoff) }
        let number = state.withLock { $0.beginPart() }
        do {
            let step = try commitPart(database)
            let (due, goesOn) = state.withLock { $0.endPart(step, begunAt: number) }
            for callback in due { callback(true) }
            if goesOn { begin() }
        } catch {
            holdUp(for: Self.pauseAfterFailure)
        }
    }

    private func holdUp(for time: Duration) {
        let due = state.withLock { $0.fail(until: .now + time) }
        for callback in due { callback(false) }
        startTimer(time)
    }

    private func begin() {
        pool.asyncWriteWithoutTransaction { [self] in settleInTurn($0) }
    }

    // MARK: - Anywhere

    var isUnderWay: Bool { state.withLock(\.isUnderWay) }

    /// Whether settling is delayed after a failure.
    var isHeldUp: Bool { state.withLock { $0.isHeldUp(.now) } }

    /// Waits so that acknowledgements and read marks can be written together, if many messages come. Each such write
    /// needs all messages settled, and that costs less per message the more there are.
    func gather() async {
        let (time, count) = last.withLock { $0 }
        // The last settlement shows how fast messages come.
        guard unsettled.load(ordering: .relaxed) + count > Self.fewest else { return }
        let next = time + Self.pauseBetween
        if .now < next { try? await Task.sleep(until: next) }
    }

    /// - Parameter limit: How long to wait.
    /// - Returns: whether everything stored before the call is settled.
    func settle(_ scope: ReadScope = .allMessages, within limit: Duration = readTimeout) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state in
                state.ask(scope, at: .now, within: limit) { continuation.resume(returning: $0) }
            }
            switch answer {
            case .now(let isSettled): continuation.resume(returning: isSettled)
            case .later(let begins):
                if begins { begin() }
                expire(after: limit)
            }
        }
    }

    /// - Parameter rest: How many of the newest messages may stay unsettled.
    private func settle(leaving rest: Int = 0) {
        if state.withLock({ $0.askForAll(but: rest, at: .now) }) { begin() }
    }

    /// One timer serves all who wait.
    private func expire(after time: Duration) {
        if expiryIsTimed.exchange(true, ordering: .relaxed) { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + time / .seconds(1)) { [self] in
            expiryIsTimed.store(false, ordering: .relaxed)
            let (due, next) = state.withLock { $0.expire(.now) }
            for callback in due { callback(false) }
            if let next { expire(after: next - .now) }
        }
    }

    /// - Parameter looks: How many times in a row new messages had come.
    private func startTimer(_ pause: Duration = pause, looks: Int = 0) {
        if isTimed.exchange(true, ordering: .relaxed) { return }
        let seen = appended.load(ordering: .relaxed)
        DispatchQueue.global().asyncAfter(deadline: .now() + pause / .seconds(1)) { [weak self] in
            self?.lookAgain(seen, looks)
        }
    }

    private func lookAgain(_ seen: Int, _ looks: Int) {
        isTimed.store(false, ordering: .relaxed)
        if looks < Self.maxPauses, appended.load(ordering: .relaxed) != seen { return startTimer(looks: looks + 1) }
        if isHeldUp { return startTimer(Self.pauseAfterFailure) }
        settle()
    }
}
