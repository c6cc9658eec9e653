import ChatWire

// Who wants to hear nothing of whom. The store keeps messages and marks apart; presence is told here.

extension Hub {
    func setBlocked(_ isBlocked: Bool, _ other: UserID, by user: UserID, on origin: Connection) {
        let time = now()
        receipts.setBlocked(isBlocked, other, by: user, at: time, most: blocksPerUser) { [self] result in
            switch result {
            case .success(.tooMany):
                meter.note { $0.noteRefusal(by: .userBlocks) }
                origin.handle(.tooManyBlocks)
            case .success(.banned): origin.handle(.banned)
            case .success(let outcome):
                origin.handle(.blockSet(nil))
                relay(.blocked(user: other, isBlocked: isBlocked), to: user)
                if outcome == .changed { await tellApart(isBlocked, other, user, at: time) }
            case .failure(let error): origin.handle(.blockSet(error))
            }
        }
    }

    /// To each of the two the other one seems to leave, as people do, or to come, and then to have read what they have.
    /// Whoever was not told of the other before is told nothing.
    private func tellApart(_ isBlocked: Bool, _ other: UserID, _ user: UserID, at time: Timestamp) async {
        do throws(StoreError) {
            guard let last = try await store.lastTime(of: other, with: user), last >= recentTimes else { return }
            let areApart = try await store.areApart(user, other)
            guard areApart == isBlocked else { return }  // the other one blocks as well
            for (one, another) in [(user, other), (other, user)] {
                guard registry.withLock({ $0.isPresent(one) }) else { continue }
                let presence = ServerEvent.Presence(
                    user: one, isOnline: !areApart, lastSeen: areApart ? time : nil)
                relay(.presence(presence), to: another)
            }
            if !areApart { try await tellMarks(user, other) }
        } catch {
            log.log(.databaseFailed(error))
        }
    }

    /// As far as each of the two came while they were apart.
    private func tellMarks(_ user: UserID, _ other: UserID) async throws(StoreError) {
        for (one, another) in [(user, other), (other, user)] {
            for event in try await store.marks(of: one, with: another).events { relay(event, to: one) }
        }
    }
}
