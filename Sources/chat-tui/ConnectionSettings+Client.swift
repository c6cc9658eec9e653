import ChatClient
import ChatUI
import ChatWire
import Logging

extension ConnectionSettings {
    /// The client module's driver for the screen, `--plain` and `send`. Whatever the configuration says of what the peer is
    /// told is applied here, so that it holds in all of them.
    ///
    /// - `name`: How the user wants to be called.
    /// - `peer`: Nil: the inbox is opened.
    /// - `deliver`: Is given the updates in order, on whatever thread they come up.
    func makeClient(
        name: UntrustedText?, peer: UserID?, product: Product?, store: any ConversationStore, log: Logger,
        _ texts: Texts, deliver: @escaping @Sendable (Update) -> Void
    ) -> Client {
        Client(
            user: user, name: name, peer: peer, product: product == Product() ? nil : product,
            transport: SocketTransport(self, texts), store: store, log: log, now: { Moment.now },
            tellsRead: configuration.preferences.tellsRead, deliver: deliver)
    }
}
