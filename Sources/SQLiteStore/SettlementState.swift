import ChatServer
import ChatWire

/// How far messages are settled, as far as this process knows, and who waits for settlement.
struct SettlementState {
    /// Called with whether everything asked for is settled.
    typealias Callback = @Sendable (Bool) -> Void

    private struct Waiter {
        var place: Int64
        var number: Int
        var until: ContinuousClock.Instant
        var callback: Callback
    }

    /// The answer to a request for settlement.
    enum Answer {
        case now(Bool)
        /// The callback will be called.
        /// - Parameter begins: True if no settlement is under way: the caller must start one.
        case later(begins: Bool)
    }

    /// Whether no other process appends messages.
    private let isOnlyWriter: Bool
    private var users = LastSeqByUser()
    /// All tables are settled up to this `seq`.
    private var settled: Int64 = 0
    /// The last `seq` used; nil until it is known.
    private var stored: Int64?
    /// The `seq` up to which settlement goes on even if nobody waits.
    private var goal: Int64 = 0
    private(set) var isUnderWay = false
    /// Set after a failure. Settling may wait for another program's lock, and not every read should wait for that.
    private var notBefore: ContinuousClock.Instant?
    private var waiting: [Waiter] = []
    private var waitersSoFar = 0

    init(isOnlyWriter: Bool) {
        self.isOnlyWriter = isOnlyWriter
    }

    // MARK: - What is stored

    /// - Parameters:
    ///   - first: The `seq` of the transaction's first message.
    ///   - last: The `seq` of its last message.
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

    /// It is unknown whether these drafts were stored.
    mutating func noteDoubtful(_ drafts: [MessageDraft]) {
        guard let stored else { return }
        let last = stored + Int64(drafts.count)
        for draft in drafts {
            users.insert(draft.sender, last)
            users.insert(draft.receiver, last)
        }
        self.stored = last
    }

    /// Whether the log has a later end than this process knows of.
    func isDoubtful(logEnd: Int64) -> Bool {
        stored.map { $0 < logEnd } ?? false
    }

    /// Takes over the end of a settlement, unless this process knows of later messages.
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

    /// - Parameter rest: How many of the newest messages may stay unsettled.
    /// - Returns: whether the caller must start settling.
    mutating func askForAll(but rest: Int = 0, at now: ContinuousClock.Instant) -> Bool {
        let wanted = stored.map { $0 - Int64(rest) } ?? .max
        // An earlier request for more still counts.
        goal = isUnderWay ? max(goal, wanted) : wanted
        return goal > settled && !isHeldUp(now) && begin()
    }

    private mutating func begin() -> Bool {
        defer { isUnderWay = true }
        return !isUnderWay
    }

    func isHeldUp(_ now: ContinuousClock.Instant) -> Bool { notBefore.map { now < $0 } ?? false }

    /// The `seq` up to which a read needs settlement; nil if it needs none.
    private func place(_ scope: ReadScope) -> Int64? {
        switch scope {
        case .noMessages: nil
        case .messages(let user): isOnlyWriter && stored != nil ? users.place(of: user) : .max
        case .allMessages: isOnlyWriter ? stored ?? .max : .max
        }
    }

    /// - Returns: a number for ``endPart(_:begunAt:)``.
    func beginPart() -> Int { waitersSoFar }

    /// - Parameter number: From ``beginPart()``. Those who asked after it may need messages that another program stored
    ///   since.
    /// - Returns: the callbacks of those whose wait is over, and whether there is more to settle.
    mutating func endPart(_ step: Settlement.Step, begunAt number: Int) -> (due: [Callback], goesOn: Bool) {
        note(step)
        let isDue: (Waiter) -> Bool = { $0.place <= step.end || step.isWhole && $0.number <= number }
        let due = take(isDue)
        isUnderWay = !waiting.isEmpty || !step.isWhole && settled < goal
        return (due, isUnderWay)
    }

    /// Settlement failed, and so everybody's wait has.
    mutating func fail(until time: ContinuousClock.Instant) -> [Callback] {
        holdUp(until: time)
        isUnderWay = false
        return take { _ in true }
    }

    /// Delays settlement: while messages cannot be stored, they cannot be settled either.
    mutating func holdUp(until time: ContinuousClock.Instant) {
        notBefore = time
    }

    /// - Returns: the callbacks of those who waited too long, and the time for the next look.
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
