import ChatWire

/// What is kept of a conversation while another one is on the screen.
struct ParkedConversation: Sendable {
    var draft = ""
    var inputHistory = InputHistory()
    /// As the user gave them.
    var givenName: UntrustedText?
    var givenProduct: UntrustedText?
    /// Messages written here that the server did not have.
    var pending: [Transcript.Pending] = []
    /// The last message that the server had.
    var last: MessageID?

    /// The newest message that is not sent without the user's word.
    var failed: Transcript.Pending? { pending.last { $0.status != .waiting } }

    /// The newest message that is sent without the user's word, if it is newer than this one.
    func waiting(after message: Message) -> Transcript.Pending? {
        pending.last { $0.status == .waiting && (message.id == last || $0.createdAt >= message.createdAt) }
    }

    /// The server has a message of the user's, and so all that were written before it.
    mutating func sent(_ message: Message) {
        guard let place = pending.lastIndex(where: { $0.status == .waiting && $0.text == message.text }) else { return }
        let rest = pending[(place + 1)...]
        pending = pending[...place].filter { $0.status != .waiting } + rest
    }
}
