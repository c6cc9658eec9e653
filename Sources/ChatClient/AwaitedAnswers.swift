import ChatWire

/// The messages that were sent on the present connection and are not answered yet.
///
/// The oldest one sets the deadlines, however many follow it. If it has no answer after ten seconds, the client sends a
/// ping. If it still has none ten seconds after that, the connection is given up.
struct AwaitedAnswers: Sendable {
    /// In the order in which they were sent.
    private var pending: [(id: ClientMessageID, at: ContinuousClock.Instant)] = []
    private var deadlines = Deadlines<Deadline>()

    private enum Deadline: Sendable, Hashable, CaseIterable {
        /// The message should have been answered by now.
        case answer
        /// The ping should have led to an answer by now.
        case answerAfterPing
    }

    enum Effect: Sendable, Hashable {
        case ping(patience: Duration)
        case giveUp
    }

    static let patience: Duration = .seconds(10)

    /// The message that has waited longest for its answer.
    var longest: ClientMessageID? { pending.first?.id }
    var nextDeadline: ContinuousClock.Instant? { deadlines.next }

    func contains(_ id: ClientMessageID) -> Bool { pending.contains { $0.id == id } }

    mutating func sent(_ id: ClientMessageID, at now: ContinuousClock.Instant) {
        pending.append((id, now))
        if pending.count == 1 { awaitLongest() }
    }

    mutating func answered(_ id: ClientMessageID) {
        let wasLongest = longest == id
        pending.removeAll { $0.id == id }
        if wasLongest { awaitLongest() }
    }

    /// Restarts the wait after the machine slept, because no answer could arrive meanwhile.
    mutating func woke(at now: ContinuousClock.Instant) {
        deadlines = Deadlines()
        if longest != nil { deadlines[.answer] = now + Self.patience }
    }

    mutating func tick(at now: ContinuousClock.Instant) -> Effect? {
        if deadlines.take(.answer, at: now) {
            deadlines[.answerAfterPing] = now + Self.patience
            return .ping(patience: Self.patience)
        }
        return deadlines.take(.answerAfterPing, at: now) ? .giveUp : nil
    }

    private mutating func awaitLongest() {
        deadlines = Deadlines()
        deadlines[.answer] = pending.first.map { $0.at + Self.patience }
    }
}
