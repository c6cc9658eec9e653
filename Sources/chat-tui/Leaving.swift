/// The user wants to leave. What was just sent gets a moment to be confirmed, and before something is lost they are asked
/// once; asked for a second time, it is at once.
struct Leaving {
    enum Step: Equatable {
        case stay, leave
        /// To be told what leaving loses.
        case ask
    }

    /// When the moment is over.
    private(set) var deadline: ContinuousClock.Instant?
    /// Until then the user knows what they lose.
    private var answerBy: ContinuousClock.Instant?

    private static let patience: Duration = .seconds(2)
    private static let answerTime: Duration = .seconds(10)

    /// - Parameter loses: whether something is neither sent nor kept.
    mutating func request(loses: Bool, now: ContinuousClock.Instant) -> Step {
        if deadline != nil || isAnswered(now) { return end(loses: loses, now) }
        deadline = now + Self.patience
        return .stay
    }

    mutating func look(isDelivering: Bool, loses: Bool, now: ContinuousClock.Instant) -> Step {
        guard let deadline, !isDelivering || deadline <= now else { return .stay }
        return end(loses: loses, now)
    }

    private mutating func end(loses: Bool, _ now: ContinuousClock.Instant) -> Step {
        deadline = nil
        if !loses || isAnswered(now) { return .leave }
        answerBy = now + Self.answerTime
        return .ask
    }

    private func isAnswered(_ now: ContinuousClock.Instant) -> Bool { answerBy.map { now < $0 } ?? false }
}
