/// What the server has is on its way. That is told where it takes longer than a moment: what was written here may wait for it.
extension Model {
    mutating func timeLoading(now: ContinuousClock.Instant) {
        loadingSince = isLoading ? loadingSince ?? now : nil
    }

    private var isLoading: Bool {
        guard isOnline else { return false }
        if peer != nil { return !isCaughtUp }
        return inbox.map { !$0.isComplete && $0.problem == nil } ?? false
    }

    /// When to tell.
    var loadingTold: ContinuousClock.Instant? { loadingSince.map { $0 + Self.loadingMoment } }

    static let loadingMoment: Duration = .seconds(1)
}
