/// The user wants to hear nothing of the peer, and the server sees to it.
extension Model {
    mutating func setBlocked(_ isBlocked: Bool) -> [Effect] {
        guard isOnline else {
            notice = .blockingFailed(.offline)
            return []
        }
        if awaitedBlock == nil, self.isBlocked == isBlocked {
            notice = .blockUnchanged(isBlocked)
            return []
        }
        awaitedBlock = isBlocked
        return [.setBlocked(isBlocked)]
    }

    mutating func blocked(_ isBlocked: Bool) {
        // How it stood at the start is in the header. That answer may come after the command.
        let isAnswer = awaitedBlock == isBlocked
        if isAnswer || awaitedBlock == nil && self.isBlocked == !isBlocked { notice = .blocked(isBlocked) }
        if isAnswer { awaitedBlock = nil }
        self.isBlocked = isBlocked
        guard isBlocked else { return }
        presence = nil
        typingUntil = nil
    }

    mutating func blockingFailed(_ problem: BlockingProblem) {
        awaitedBlock = nil
        notice = .blockingFailed(problem)
    }
}
