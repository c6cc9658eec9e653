import ChatWire

/// Allows one typing notice per receiver in three seconds, and at most 16 receivers at a time.
struct TypingThrottle: Sendable {
    private var passed: [(receiver: UserID, time: Timestamp)] = []

    static let interval: Duration = .seconds(3)
    static let maxReceivers = 16

    mutating func opens(for receiver: UserID, at now: Timestamp) -> Bool {
        // A time in the future was noted before the clock was set back.
        passed.removeAll { now - $0.time >= Self.interval || $0.time > now }
        guard passed.count < Self.maxReceivers, !passed.contains(where: { $0.receiver == receiver }) else {
            return false
        }
        passed.append((receiver, now))
        return true
    }
}
