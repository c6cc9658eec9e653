import ChatWire

/// What is kept of a conversation while another one is on the screen.
struct LeftConversation: Sendable {
    var draft = ""
    var inputHistory = InputHistory()
    /// As the user gave them.
    var givenName: UntrustedText?
    var givenProduct: UntrustedText?
    /// What the server did not have of what was written here.
    var unsent: Unsent?

    enum Unsent: Sendable {
        /// It goes by itself.
        case waiting
        /// It waits for the user's word.
        case failed
    }
}
