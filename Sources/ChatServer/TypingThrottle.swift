import ChatWire

/// Lets one typing notice in three seconds through for each receiver, and few receivers at once.
struct TypingThrottle: Sendable {
    private var passed: [(receiver: UserID, time: Timestamp)] = []

    static let interval: Duration = .seconds(3)
    static let maxReceivers = 16

    mutating func opens(for receiver: UserID, at now: Timestamp) -> Bool {
        // A time in the future was written before the clock was set back.
        passed.removeAll { now - $0.time >= Self.interval || $0.time > now }
        guard passed.count < Self.maxReceivers, !passed.contains(where: { $0.receiver == receiver }) else {
            return false
        }
        passed.append((receiver, now))
        return true
    }
}
