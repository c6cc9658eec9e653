/// When loading takes longer than `loadingNoticeDelay`, the status line says so, because messages written here may have to
/// wait for it.
extension Model {
    mutating func trackLoading(now: ContinuousClock.Instant) {
        app.loadingSince = isLoading ? app.loadingSince ?? now : nil
    }

    private var isLoading: Bool {
        guard app.isOnline else { return false }
        if let conversation { return !conversation.state.isCaughtUp }
        return !app.inbox.isComplete && app.inbox.problem == nil
    }
}

extension AppState {
    /// When the status line says that messages are being loaded.
    var loadingNoticeTime: ContinuousClock.Instant? { loadingSince.map { $0 + Self.loadingNoticeDelay } }

    static let loadingNoticeDelay: Duration = .seconds(1)
}
