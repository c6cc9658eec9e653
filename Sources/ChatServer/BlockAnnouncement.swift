import ChatWire

/// Tells the two users when one of them begins or stops to block the other.
///
/// After a block each of them sees the other as offline. After an unblock each of them sees the other's true presence
/// and read marks again. A user who is not told of the other's presence otherwise is told nothing.
struct BlockAnnouncement: PresenceOperation {
    let isBlocked: Bool
    let other: UserID
    let user: UserID
    let time: Timestamp
    /// Conversations with a message at or after this time are recent.
    let recentTimes: Timestamp

    func start() -> [PresenceEffect] { [.ask(.lastTime(of: other, with: user))] }

    func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect] {
        switch answer {
        case .lastTime(let last):
            guard let last, last >= recentTimes else { return [] }
            return [.ask(.blockedEitherWay(with: user, among: [other]))]
        case .blockedEitherWay(let blocked):
            let areBlocked = !blocked.isEmpty
            guard areBlocked == isBlocked else { return [] }  // the other one blocks as well
            var effects = presences(areBlocked, in: registry)
            if !areBlocked { effects += [.ask(.marksWith(other, of: user)), .ask(.marksWith(user, of: other))] }
            return effects
        case .marksWith(_, of: let one, let marks): return marks.events.map { .relay($0, to: one) }
        case .marks, .blockers, .lastSeen: return []  // this operation never asks these
        }
    }

    private func presences<Device>(_ areBlocked: Bool, in registry: Registry<Device>) -> [PresenceEffect] {
        [(user, other), (other, user)].compactMap { one, another in
            guard registry.isOnline(one) else { return nil }
            let presence = ServerEvent.Presence(user: one, isOnline: !areBlocked, lastSeen: areBlocked ? time : nil)
            return .relay(.presence(presence), to: another)
        }
    }
}
