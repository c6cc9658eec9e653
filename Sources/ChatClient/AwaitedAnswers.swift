import ChatWire

/// What the present connection was given and has not answered, and what follows if it never does.
///
/// The one that has waited longest counts, however many are given meanwhile: without an answer for ten seconds the link has
/// to prove that it lives, and ten seconds later it is given up.
struct AwaitedAnswers: Sendable {
    /// In the order in which they were given.
    private var given: [(id: ClientMessageID, at: ContinuousClock.Instant)] = []
    private var deadlines = Deadlines<Deadline>()

    private enum Deadline: Sendable, Hashable, CaseIterable {
        /// The message should have been answered.
        case answer
        /// The ping sent for its sake should have led to an answer.
        case answerAfterPing
    }

    enum Effect: Sendable, Hashable {
        case ping(patience: Duration)
        case giveUp
    }

    static let patience: Duration = .seconds(10)

    /// The message that has waited longest.
    var longest: ClientMessageID? { given.first?.id }
    var nextDeadline: ContinuousClock.Instant? { deadlines.next }

    func contains(_ id: ClientMessageID) -> Bool { given.contains { $0.id == id } }

    mutating func give(_ id: ClientMessageID, at now: ContinuousClock.Instant) {
        given.append((id, now))
        if given.count == 1 { awaitLongest() }
    }

    mutating func answered(_ id: ClientMessageID) {
        let wasLongest = longest == id
        given.removeAll { $0.id == id }
        if wasLongest { awaitLongest() }
    }

    /// The machine slept: meanwhile no answer could come.
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
        deadlines[.answer] = given.first.map { $0.at + Self.patience }
    }
}
