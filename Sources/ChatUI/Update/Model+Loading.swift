/// When loading takes longer than a moment, the status line says so: what was written here may wait for it.
extension Model {
    mutating func timeLoading(now: ContinuousClock.Instant) {
        app.loadingSince = isLoading ? app.loadingSince ?? now : nil
    }

    private var isLoading: Bool {
        guard app.isOnline else { return false }
        if let conversation { return !conversation.state.isCaughtUp }
        return app.inbox.map { !$0.isComplete && $0.problem == nil } ?? false
    }
}

extension AppState {
    /// When the status line says so.
    var loadingTold: ContinuousClock.Instant? { loadingSince.map { $0 + Self.loadingMoment } }

    static let loadingMoment: Duration = .seconds(1)
}
