import ChatWire

/// Two who were both here before they first wrote to each other are told so.
struct Introduction: PresenceOperation {
    let one: UserID
    let other: UserID

    func start() -> [PresenceEffect] { [.ask(.blockedEitherWay(with: one, among: [other]))] }

    func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect] {
        switch answer {
        case .blockedEitherWay(let blocked):
            if !blocked.isEmpty { return [] }
            return [.tell([other], about: one, lastSeen: nil), .tell([one], about: other, lastSeen: nil)]
        case .marks, .marksWith, .blockers, .lastSeen, .lastTime: return []  // not asked
        }
    }
}
