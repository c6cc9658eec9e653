import ClientUpdates

/// Blocking and unblocking the peer.
extension ConversationScreen {
    mutating func setBlocked(_ isBlocked: Bool, in app: inout AppState) -> [Effect] {
        guard app.isOnline else {
            app.notice = .blockingFailed(.offline)
            return []
        }
        guard state.blocking.request(isBlocked) else {
            app.notice = .blockUnchanged(isBlocked)
            return []
        }
        return [.setBlocked(isBlocked)]
    }

    mutating func blocked(_ isBlocked: Bool, in app: inout AppState) {
        switch state.blocked(isBlocked) {
        case .confirmed, .changed: app.notice = .blocked(isBlocked)
        case .outdated, .initial, .unchanged: break  // the header shows it
        }
    }

    mutating func blockingFailed(_ failure: BlockingFailure, in app: inout AppState) {
        _ = state.blocking.failed()
        app.notice = .blockingFailed(failure)
    }
}
