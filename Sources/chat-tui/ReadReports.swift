import ChatWire

/// Which messages the user has seen and the client has not been told of. It is told when the terminal has accepted the
/// screens with them, even if another conversation is open by then.
struct ReadReports {
    /// The open conversation.
    private var peer: UserID?
    /// The last message that the user has seen there. The screen with it may not be written yet.
    private var seen: MessageID?
    /// The last message of each conversation that was on a screen that is written.
    private var written: [UserID: MessageID] = [:]

    init(peer: UserID?) { self.peer = peer }

    mutating func seen(upTo id: MessageID) { seen = id }

    /// Another conversation is opened. If the last screen was not written, it never will be, and nobody saw it.
    mutating func open(_ peer: UserID?) { (self.peer, seen) = (peer, nil) }

    /// The marks to report now.
    /// - Parameters:
    ///   - isWritten: Whether the last screen is written to the terminal.
    ///   - isAccepted: Whether the terminal has accepted everything that is written.
    mutating func take(isWritten: Bool, isAccepted: Bool) -> [UserID: MessageID] {
        if isWritten, let peer, let seen {
            written[peer] = seen
            self.seen = nil
        }
        guard isAccepted else { return [:] }
        defer { written = [:] }
        return written
    }
}
