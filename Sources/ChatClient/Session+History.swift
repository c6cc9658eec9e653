import ChatWire

// The conversation as the server has it: fetched after every authorisation, and page by page towards the past.

extension Session {
    /// How often protocol 1 asks before it goes on without a history. Nothing is sent while it asks.
    private static let mostFailuresBeforeSending = 3
    /// As many rows as the older server gives at most; more may be missing from its answer.
    private static let fullPage = 1000

    mutating func receiveHistory(
        _ result: Result<HistoryPage, HistoryFailure>, before: String?, link: Int, _ now: Moment
    ) -> [Effect] {
        if before != nil { return [update(for: result)] }
        guard link == self.link, case .online(let version) = phase else { return [] }
        switch result {
        case .success(let page): return [update(for: result)] + settle(with: page, version, now)
        case .failure(.notProvided): return [update(for: result)] + settle(with: nil, version, now)
        case .failure(.failed): return [update(for: result)] + retryHistory(version, now)
        }
    }

    private func update(for result: Result<HistoryPage, HistoryFailure>) -> Effect {
        switch result {
        case .success(var page):
            // A server that mixes conversations up must not make us show a stranger's words.
            page.messages.removeAll { !$0.message.isBetween(user, peer) }
            return .update(.history(page, hasOlder: page.hasMore ?? false))
        case .failure(let failure): return .update(.historyUnavailable(failure))
        }
    }

    private mutating func settle(with page: HistoryPage?, _ version: Int, _ now: Moment) -> [Effect] {
        history.isSettled = true
        history.failures = 0
        let usable = page.flatMap { version >= 2 || $0.messages.count < Self.fullPage ? $0 : nil }
        let effects = version >= 2 ? [] : settleOutbox(with: usable, now)
        for entry in page?.messages ?? [] where entry.message.sender == user {
            settledIDs.insert(UntrustedText(entry.message.id))
        }
        knowsOwnMessages = knowsOwnMessages || usable != nil
        return effects
    }

    private mutating func retryHistory(_ version: Int, _ now: Moment) -> [Effect] {
        let delay = Duration.seconds(min(1 << min(history.failures, 5), 30))
        history.failures += 1
        deadlines[.history] = now.instant + delay
        guard version < 2, history.failures >= Self.mostFailuresBeforeSending, !history.isSettled else { return [] }
        history.isSettled = true
        return settleOutbox(with: nil, now)
    }
}
