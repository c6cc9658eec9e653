import ChatWire

/// What is kept of a conversation while another one is on the screen.
struct ParkedConversation: Sendable {
    var draft = ""
    var inputHistory = InputHistory()
    /// As the user gave them.
    var givenName: UntrustedText?
    var givenProduct: UntrustedText?
    /// What the server did not have of what was written here.
    var pending: [Transcript.Pending] = []
    /// The message before those.
    var last: MessageID?

    /// It waits for the user's word.
    var failed: Transcript.Pending? { pending.last { $0.status != .waiting } }

    /// The newest that goes by itself, if nothing was said after it.
    func waiting(after message: Message) -> Transcript.Pending? {
        pending.last { $0.status == .waiting && (message.id == last || $0.createdAt >= message.createdAt) }
    }

    /// A message of the user's went: with it all that were written before.
    mutating func sent(_ message: Message) {
        guard let place = pending.lastIndex(where: { $0.status == .waiting && $0.text == message.text }) else { return }
        let rest = pending[(place + 1)...]
        pending = pending[...place].filter { $0.status != .waiting } + rest
    }
}
