import ChatWire

// Blocking. It is a part of protocol 2 only.

extension Session {
    mutating func setBlocked(_ isBlocked: Bool, _ other: UserID) -> [Action] {
        guard let opened else { return [failure(.notAuthorized)] }
        guard opened.speaksProtocol2 else { return [] }
        guard other != opened.user else {
            return [
                .log(.badEvent("block of oneself")), failure(.invalidEvent, answers: isBlocked ? .block : .unblock),
            ]
        }
        readsInFlight += 1
        return [.setBlocked(isBlocked, other, by: opened.user)] + pauseReadingIfBacklogged()
    }

    mutating func blockSet(_ isBlocked: Bool, _ error: StoreError?) -> [Action] {
        readsInFlight -= 1
        let resume = resumeReadingIfDrained()
        guard let error else { return resume }
        return [.log(.databaseFailed(error)), failure(.storageFailed, answers: isBlocked ? .block : .unblock)] + resume
    }

    mutating func tooManyBlocks() -> [Action] {
        readsInFlight -= 1
        return [.log(.badEvent("more blocks than a user may have")), failure(.rateLimited, answers: .block)]
            + resumeReadingIfDrained()
    }

    mutating func findBlock(_ other: UserID) -> [Action] {
        guard let opened else { return [failure(.notAuthorized)] }
        guard opened.speaksProtocol2 else { return [] }
        readsInFlight += 1
        return [.findBlock(other, by: opened.user)] + pauseReadingIfBacklogged()
    }

    mutating func blockFound(_ other: UserID, _ result: Result<Bool, StoreError>) -> [Action] {
        readsInFlight -= 1
        let resume = resumeReadingIfDrained()
        switch result {
        case .success(let isBlocked): return [.send(.blocked(user: other, isBlocked: isBlocked))] + resume
        case .failure(let error):
            return [.log(.databaseFailed(error)), failure(.storageFailed, answers: .isBlocked)] + resume
        }
    }
}
