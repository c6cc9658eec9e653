/// Whether the user blocks the peer: what the server reported, and what the user asked for.
struct Blocking: Sendable {
    /// Nil until the server has reported it.
    private(set) var isBlocked: Bool?
    /// What the user asked for, until the server answers.
    private(set) var asked: Bool?

    /// What a report of the server means to the user.
    enum News: Sendable {
        /// It answers what the user asked for.
        case answer
        /// The server sent it before it handled what the user asked for.
        case early
        /// It is the first report.
        case first
        case unchanged
        /// The peer was blocked or unblocked on another device.
        case changed
    }

    /// Records what the user asks for. False if it is already so.
    mutating func ask(for isBlocked: Bool) -> Bool {
        if asked == nil, self.isBlocked == isBlocked { return false }
        asked = isBlocked
        return true
    }

    /// Takes in a report of the server.
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

    /// The server refused the change. False if the user had not asked for one.
    mutating func failed() -> Bool {
        defer { asked = nil }
        return asked != nil
    }
}
