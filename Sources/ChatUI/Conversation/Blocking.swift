/// Whether the user blocks the peer: as the server has it, and as the user wants it.
struct Blocking: Sendable {
    /// Nil until the server tells.
    private(set) var isBlocked: Bool?
    /// What the user asked for, until the server answers.
    private(set) var asked: Bool?

    /// What the server's word means to the user.
    enum News: Sendable {
        /// The answer to what the user asked for.
        case answer
        /// What the user asked for is still to be answered.
        case early
        /// How it stands at the start.
        case first
        case unchanged
        /// It was changed on another device.
        case changed
    }

    /// The user wants this. False: so it is already.
    mutating func ask(for isBlocked: Bool) -> Bool {
        if asked == nil, self.isBlocked == isBlocked { return false }
        asked = isBlocked
        return true
    }

    /// The server has it so.
    mutating func told(_ isBlocked: Bool) -> News {
        defer { self.isBlocked = isBlocked }
        if asked == isBlocked {
            asked = nil
            return .answer
        }
        if asked != nil { return .early }
        guard let before = self.isBlocked else { return .first }
        return before == isBlocked ? .unchanged : .changed
    }

    /// The server did not do it. False: the user had not asked.
    mutating func failed() -> Bool {
        defer { asked = nil }
        return asked != nil
    }
}
