import ChatWire

// Blocking. It is a part of protocol 2 only.

extension Session {
    mutating func setBlocked(_ isBlocked: Bool, _ other: UserID) -> [Action] {
        guard let opened else { return [failure(.notAuthorized)] }
        guard opened.speaksProtocol2 else { return [] }
        guard other != opened.user else { return [.log(.badEvent("block of oneself")), failure(.invalidEvent)] }
        readsInFlight += 1
        return [.setBlocked(isBlocked, other, by: opened.user)] + pauseReadingIfBacklogged()
    }

    mutating func blockSet(_ error: StoreError?) -> [Action] {
        readsInFlight -= 1
        let resume = resumeReadingIfDrained()
        return error.map { [.log(.databaseFailed($0)), failure(.storageFailed)] + resume } ?? resume
    }

    mutating func tooManyBlocks() -> [Action] {
        readsInFlight -= 1
        return [.log(.badEvent("more blocks than a user may have")), failure(.rateLimited)] + resumeReadingIfDrained()
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
        case .failure(let error): return [.log(.databaseFailed(error)), failure(.storageFailed)] + resume
        }
    }
}
