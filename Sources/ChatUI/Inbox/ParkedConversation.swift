import ChatWire
import ClientUpdates

/// What is kept of a conversation while another one is open.
struct ParkedConversation: Sendable {
    var draft: Draft = ""
    var inputHistory = InputHistory()
    /// The peer's name, as the user gave it.
    var givenName: UntrustedText?
    /// What the next drafts are about, as the user chose.
    var chosenProduct: Product?
    /// Messages written here that the server had not confirmed.
    var pending: [Transcript.Pending] = []
    /// The last confirmed message.
    var last: MessageID?

    /// The newest failed message.
    var failed: Transcript.Pending? { pending.last { $0.status != .waiting } }

    /// The newest message that waits to be sent, if it is newer than `message`. Nil for a conversation without messages.
    func waiting(after message: Message?) -> Transcript.Pending? {
        pending.last { pending in
            guard pending.status == .waiting else { return false }
            guard let message else { return true }
            return message.id == last || pending.createdAt >= message.createdAt
        }
    }

    /// The server has confirmed a message. So it has every message that was written before it.
    mutating func sent(_ message: Message) {
        guard let place = pending.lastIndex(where: { $0.status == .waiting && $0.text == message.text }) else { return }
        let rest = pending[(place + 1)...]
        pending = pending[...place].filter { $0.status != .waiting } + rest
    }
}
