import ChatServer
import Dispatch
import GRDB
import Synchronization

/// Sees to it that what is stored is settled: before somebody looks for it, when many messages wait, and when no more come.
///
/// It is done in parts, which take turns with everything else that is written (``SettlementPace``). A read waits for the part
/// that it needs, and only for a moment: ``UnsettledView`` finds the rest.
final class Settler: Sendable {
    /// So many messages wait under load. More of them change fewer pages each; settling them takes longer.
    private static let most = 12_000
    /// With so many, a message has to wait for others to be settled: what cannot be settled must not become ever more.
    static let limit = 16_000
    /// Up to so many, acknowledgements and marks do not wait for more of them.
    private static let fewest = 256
    /// That a message is settled with, where most belong to conversations of others.
    private static let usualRows = 2
    private static let pauseBetween: Duration = .milliseconds(100)
    private static let pauseAfterFailure: Duration = .seconds(1)
    /// How long no message came when the last ones are settled unasked.
    private static let pause: Duration = .milliseconds(50)
    /// After so many of those pauses they are settled though more come: none waits for much longer than a second.
    private static let mostLooks = 20
    /// How long a read waits, which costs nothing, where reading what is not settled costs a few milliseconds. Where it cannot be
    /// settled now, nobody waits.
    private static let patience: Duration = .milliseconds(500)
    /// How long settling waits where the log grows faster than it is folded in.
    static let breath: Duration = .milliseconds(20)

    private let pool: DatabasePool
    let transactions = Transactions()
    private let files: DatabaseFiles
    private let checkpoints: Checkpoints
    private let writer: Mutex<LogWriter>
    private let pace = Mutex(SettlementPace())
    /// What is stored is noted before anybody is told of it.
    private let state: Mutex<SettlementState>
    private let unsettled = Atomic(0)
    /// When something was settled last, and how many messages.
    private let last = Mutex((time: ContinuousClock.now, count: 0))
    private let isTimed = Atomic(false)
    private let expiryIsTimed = Atomic(false)
    private let appended = Atomic(0)

    init(
        _ pool: DatabasePool, ids: PlaceCipher, files: DatabaseFiles, checkpoints: Checkpoints, isServer: Bool
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
                    ? max(drafts.count * SettlementPace.ofOneMessage, pace.withLock(\.rows)) : nil
                let (outcomes, step, first) = try transactions.run(.atOnce, database) { database in
                    let step = try most.map { try Settlement.run(database, atMost: $0, rememberedBy: writer) }
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
            noteFailure(drafts, database)
            throw error
        }
        appended.add(1, ordering: .relaxed)
        let count = unsettled.load(ordering: .relaxed)
        // Behind the answers of this batch, and before the next one. Part of it waits for company again.
        if count >= Self.most { settle(leaving: count / 2) }
        if count > 0 { startTimer() }
        return outcomes
    }

    /// A commit that fails may have got to the disk for all that.
    private func noteFailure(_ drafts: [MessageDraft], _ database: Database) {
        writer.withLock { $0.forget() }
        let logEnd = try? Settlement.logEnd(database)
        state.withLock { state in
            if logEnd.map(state.isDoubtful) ?? true { state.noteDoubtful(drafts) }
            state.holdUp(until: .now + Self.pauseAfterFailure)
        }
    }

    /// Looks something up in what the writer knows.
    func withWriter<Value: Sendable>(_ body: (inout LogWriter) throws -> Value) rethrows -> Value {
        try writer.withLock { try body(&$0) }
    }

    /// Bans, blocks or feeds are changed.
    func forget() {
        writer.withLock { $0.forget() }
    }

    /// Whether settling all of it takes longer than one transaction may.
    func hasMuch(_ database: Database) throws -> Bool {
        try Int(Settlement.missing(database)) * Self.usualRows > pace.withLock(\.rows)
    }

    /// Something was settled, and is committed.
    func note(_ step: Settlement.Step) {
        writer.withLock { writer in
            writer.noteSettled(step.end)
            unsettled.store(writer.unsettled, ordering: .relaxed)
        }
        state.withLock { $0.note(step) }
        last.withLock { $0 = (.now, step.count) }
    }

    /// Settles all of it, part after part, for as long as the time allows.
    func run(_ database: Database, within limit: Duration? = nil) throws {
        let start = ContinuousClock.now
        while try !commitPart(database).isWhole {
            if let limit, .now - start > limit { return }
        }
    }

    /// Within a transaction.
    func settlePart(_ database: Database, atMost most: Int = .max) throws -> Settlement.Step {
        try writer.withLock { try Settlement.run(database, atMost: most, rememberedBy: $0) }
    }

    private func commitPart(_ database: Database) throws -> Settlement.Step {
        guard files.areInPlace else { throw StoreError.gone }
        // A look costs no lock.
        guard try Settlement.missing(database) > 0 else {
            let step = Settlement.Step(end: try Settlement.end(database), count: 0, isWhole: true)
            note(step)
            return step
        }
        // Where more come than are settled, larger parts change fewer pages each.
        let most = max(pace.withLock(\.rows), unsettled.load(ordering: .relaxed) / 8)
        let start = ContinuousClock.now
        let step = try LockPatience.run(database, waiting: LockPatience.least) {
            try transactions.run(.later, database) { try settlePart($0, atMost: most) }
        }
        pace.withLock { $0.note(step.rows, took: .now - start) }
        note(step)
        checkpoints.noteCommit()
        return step
    }

    /// One part, and the next one behind whatever else is to be written.
    private func settleInTurn(_ database: Database) {
        if checkpoints.isBehind { return holdUp(for: Self.breath) }
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

    /// After a failure.
    var isHeldUp: Bool { state.withLock { $0.isHeldUp(.now) } }

    /// Returns when acknowledgements and read marks had time to come together, if many messages come: each write of them needs
    /// all messages settled, which costs the less the more there are at a time.
    func gather() async {
        let (time, count) = last.withLock { $0 }
        // What was settled just now says how fast they come.
        guard unsettled.load(ordering: .relaxed) + count > Self.fewest else { return }
        let next = time + Self.pauseBetween
        if .now < next { try? await Task.sleep(until: next) }
    }

    /// - Parameter limit: How long to wait.
    /// - Returns: whether whatever was stored before the call can be found.
    func settle(_ scope: ReadScope = .allMessages, within limit: Duration = patience) async -> Bool {
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

    /// - Parameter rest: How many of the last messages may be left.
    private func settle(leaving rest: Int = 0) {
        if state.withLock({ $0.askForAll(but: rest, at: .now) }) { begin() }
    }

    /// One timer for all who wait.
    private func expire(after time: Duration) {
        if expiryIsTimed.exchange(true, ordering: .relaxed) { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + time / .seconds(1)) { [self] in
            expiryIsTimed.store(false, ordering: .relaxed)
            let (due, next) = state.withLock { $0.expire(.now) }
            for callback in due { callback(false) }
            if let next { expire(after: next - .now) }
        }
    }

    /// - Parameter looks: How many times somebody looked already, and found that more had come.
    private func startTimer(_ pause: Duration = pause, looks: Int = 0) {
        if isTimed.exchange(true, ordering: .relaxed) { return }
        let seen = appended.load(ordering: .relaxed)
        DispatchQueue.global().asyncAfter(deadline: .now() + pause / .seconds(1)) { [weak self] in
            self?.lookAgain(seen, looks)
        }
    }

    private func lookAgain(_ seen: Int, _ looks: Int) {
        isTimed.store(false, ordering: .relaxed)
        if looks < Self.mostLooks, appended.load(ordering: .relaxed) != seen { return startTimer(looks: looks + 1) }
        if isHeldUp { return startTimer(Self.pauseAfterFailure) }
        settle()
    }
}
