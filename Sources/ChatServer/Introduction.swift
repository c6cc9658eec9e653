import ChatWire

/// Tells two users that the other one is online, if both were online before their first message.
struct Introduction: PresenceOperation {
    let one: UserID
    let other: UserID

    func start() -> [PresenceEffect] { [.ask(.blockedEitherWay(with: one, among: [other]))] }

    func take<Device>(_ answer: PresenceAnswer, in registry: inout Registry<Device>) -> [PresenceEffect] {
        switch answer {
        case .blockedEitherWay(let blocked):
            if !blocked.isEmpty { return [] }
            return [.tell([other], about: one, lastSeen: nil), .tell([one], about: other, lastSeen: nil)]
        case .marks, .marksWith, .blockers, .lastSeen, .lastTime: return []  // this operation never asks these
        }
    }
}
