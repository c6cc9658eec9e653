/// Whether the user blocks the peer: what the server reported, and what the user asked for.
struct Blocking: Sendable {
    /// Nil until the server has reported it.
    private(set) var isBlocked: Bool?
    /// What the user asked for, until the server answers.
    private(set) var requested: Bool?

    /// What a report of the server means to the user.
    enum Report: Sendable {
        /// It answers what the user asked for.
        case confirmed
        /// The server sent it before it handled what the user asked for.
        case outdated
        /// It is the first report.
        case initial
        case unchanged
        /// The peer was blocked or unblocked on another device.
        case changed
    }

    /// Records what the user asks for. False if it is already so.
    mutating func request(_ isBlocked: Bool) -> Bool {
        if requested == nil, self.isBlocked == isBlocked { return false }
        requested = isBlocked
        return true
    }

    /// Takes in a report of the server.
    mutating func reported(_ isBlocked: Bool) -> Report {
        defer { self.isBlocked = isBlocked }
        if requested == isBlocked {
            requested = nil
            return .confirmed
        }
        if requested != nil { return .outdated }
        guard let before = self.isBlocked else { return .initial }
        return before == isBlocked ? .unchanged : .changed
    }

    /// The server refused the change. False if the user had not asked for one.
    mutating func failed() -> Bool {
        defer { requested = nil }
        return requested != nil
    }
}
