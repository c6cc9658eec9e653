/// The user wants to hear nothing of the peer, and the server sees to it.
extension Model {
    mutating func setBlocked(_ isBlocked: Bool) -> [Effect] {
        guard isOnline else {
            notice = .blockingFailed(.offline)
            return []
        }
        awaitsBlock = true
        return [.setBlocked(isBlocked)]
    }

    mutating func blocked(_ isBlocked: Bool) {
        // How it stands at the start is in the header.
        if awaitsBlock || self.isBlocked == !isBlocked { notice = .blocked(isBlocked) }
        awaitsBlock = false
        self.isBlocked = isBlocked
        guard isBlocked else { return }
        presence = nil
        typingUntil = nil
    }

    mutating func blockingFailed(_ problem: BlockingProblem) {
        awaitsBlock = false
        notice = .blockingFailed(problem)
    }
}
