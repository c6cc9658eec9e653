import ChatClient
import ChatUI
import ChatWire
import Logging

extension ConnectionSettings {
    /// Creates the client for the screen, `--plain` and `send`. Settings about what the peer is told are applied here,
    /// so they hold for all three.
    ///
    /// - Parameters:
    ///   - name: How the user wants to be called.
    ///   - peer: Whose conversation is open; nil for the list of conversations.
    ///   - deliver: Called with the updates in order, on any thread.
    func makeClient(
        name: UntrustedText?, peer: UserID?, store: any ConversationStore, log: Logger,
        deliver: @escaping @Sendable (Update) -> Void
    ) -> Client {
        Client(
            user: user, name: name, peer: peer, transport: SocketTransport(self), store: store, log: log,
            now: { Moment.now },
            tellsRead: configuration.preferences.tellsRead, deliver: deliver)
    }
}
