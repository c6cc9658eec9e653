import ChatWire

/// What is kept of a conversation while another one is on the screen.
struct LeftConversation: Sendable {
    var draft = ""
    var inputHistory = InputHistory()
    /// As the user gave them.
    var givenName: UntrustedText?
    var givenProduct: UntrustedText?
}
