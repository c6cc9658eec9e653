/// The procedure of quitting. The last messages get a short time to be confirmed. If something would be lost, the user
/// is asked once. A second request quits at once.
struct Leaving {
    enum Step: Equatable {
        case stay, leave
        /// Tell the user what would be lost.
        case ask
    }

    /// When the wait for confirmations ends.
    private(set) var deadline: ContinuousClock.Instant?
    /// Until then a further request quits, since the user was told what would be lost.
    private var answerBy: ContinuousClock.Instant?

    private static let patience: Duration = .seconds(2)
    private static let answerTime: Duration = .seconds(10)

    /// - Parameter loses: Whether something is neither sent nor stored.
    mutating func request(loses: Bool, now: ContinuousClock.Instant) -> Step {
        if deadline != nil || isAnswered(now) { return end(loses: loses, now) }
        deadline = now + Self.patience
        return .stay
    }

    mutating func check(isDelivering: Bool, loses: Bool, now: ContinuousClock.Instant) -> Step {
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
