import ChatServer
import ChatWire

/// How far what is stored is settled, as far as this process knows, and who waits for more of it.
struct SettlementState {
    /// Told whether it is settled as far as was asked for.
    typealias Callback = @Sendable (Bool) -> Void

    private struct Waiter {
        var place: Int64
        var number: Int
        var until: ContinuousClock.Instant
        var callback: Callback
    }

    /// What becomes of somebody who asks.
    enum Answer {
        case now(Bool)
        /// By the callback.
        /// - Parameter begins: Nobody settles yet: whoever asks has to see to it.
        case later(begins: Bool)
    }

    /// Nobody else appends.
    private let isOnlyWriter: Bool
    private var users = UserPlaces()
    /// All tables are up to there.
    private var settled: Int64 = 0
    /// The last place given out; nil as long as that is not known.
    private var stored: Int64?
    /// Up to where it is done whether anybody waits or not.
    private var goal: Int64 = 0
    private(set) var isUnderWay = false
    /// After a failure: another program's lock is waited for, which nobody must do for each read.
    private var notBefore: ContinuousClock.Instant?
    private var waiting: [Waiter] = []
    private var waitersSoFar = 0

    init(isOnlyWriter: Bool) {
        self.isOnlyWriter = isOnlyWriter
    }

    // MARK: - What is stored

    /// - Parameters:
    ///   - first: The place of the first message of a transaction.
    ///   - last: Of the last one.
    mutating func noteStored(_ outcomes: [AppendOutcome], first: Int64, last: Int64) {
        if stored == nil { users.insertEverybody(last) }
        guard first <= last else { return }
        for case .stored(let message) in outcomes {
            users.insert(message.message.sender, last)
            users.insert(message.message.receiver, last)
        }
        settled = min(settled, first - 1)
        stored = last
    }

    /// Nobody knows whether these were stored.
    mutating func noteDoubtful(_ drafts: [MessageDraft]) {
        guard let stored else { return }
        let last = stored + Int64(drafts.count)
        for draft in drafts {
            users.insert(draft.sender, last)
            users.insert(draft.receiver, last)
        }
        self.stored = last
    }

    /// Whether the log ends elsewhere than is known.
    func isDoubtful(logEnd: Int64) -> Bool {
        stored.map { $0 < logEnd } ?? false
    }

    /// Unless that is known better.
    mutating func note(_ step: Settlement.Step) {
        notBefore = nil
        settled = step.isWhole ? max(step.end, stored ?? 0) : step.end
        if step.isWhole, stored == nil { stored = step.end }
    }

    // MARK: - Who waits

    mutating func ask(
        _ scope: ReadScope, at now: ContinuousClock.Instant, within limit: Duration, _ callback: @escaping Callback
    ) -> Answer {
        guard let place = place(scope), place > settled else { return .now(true) }
        if isHeldUp(now) { return .now(false) }
        waitersSoFar += 1
        waiting.append(Waiter(place: place, number: waitersSoFar, until: now + limit, callback: callback))
        return .later(begins: begin())
    }

    /// - Parameter rest: How many of the last messages may be left.
    /// - Returns: whether nobody settles yet.
    mutating func askForAll(but rest: Int = 0, at now: ContinuousClock.Instant) -> Bool {
        let wanted = stored.map { $0 - Int64(rest) } ?? .max
        // Whoever asked for more gets it.
        goal = isUnderWay ? max(goal, wanted) : wanted
        return goal > settled && !isHeldUp(now) && begin()
    }

    private mutating func begin() -> Bool {
        defer { isUnderWay = true }
        return !isUnderWay
    }

    func isHeldUp(_ now: ContinuousClock.Instant) -> Bool { notBefore.map { now < $0 } ?? false }

    /// Up to where it has to be settled; nil where nothing has to be.
    private func place(_ scope: ReadScope) -> Int64? {
        switch scope {
        case .noMessages: nil
        case .messages(let user): isOnlyWriter && stored != nil ? users.place(of: user) : .max
        case .allMessages: isOnlyWriter ? stored ?? .max : .max
        }
    }

    /// - Returns: what ``endPart(_:begunAt:)`` has to be told.
    func beginPart() -> Int { waitersSoFar }

    /// - Parameter number: Whoever came later may look for what is stored since, by another program.
    /// - Returns: who has what they waited for, and whether there is more to do.
    mutating func endPart(_ step: Settlement.Step, begunAt number: Int) -> (due: [Callback], goesOn: Bool) {
        note(step)
        let isDue: (Waiter) -> Bool = { $0.place <= step.end || step.isWhole && $0.number <= number }
        let due = take(isDue)
        isUnderWay = !waiting.isEmpty || !step.isWhole && settled < goal
        return (due, isUnderWay)
    }

    /// It failed, and so do all who wait.
    mutating func fail(until time: ContinuousClock.Instant) -> [Callback] {
        holdUp(until: time)
        isUnderWay = false
        return take { _ in true }
    }

    /// What cannot be stored cannot be settled.
    mutating func holdUp(until time: ContinuousClock.Instant) {
        notBefore = time
    }

    /// - Returns: who has waited for long enough, and when to look again.
    mutating func expire(_ now: ContinuousClock.Instant) -> (due: [Callback], next: ContinuousClock.Instant?) {
        let due = take { $0.until <= now }
        return (due, waiting.map(\.until).min())
    }

    private mutating func take(_ isDue: (Waiter) -> Bool) -> [Callback] {
        let due = waiting.filter(isDue)
        waiting.removeAll(where: isDue)
        return due.map(\.callback)
    }
}
