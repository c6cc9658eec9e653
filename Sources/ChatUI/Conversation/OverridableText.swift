import ChatWire

/// The name of the peer, or the product: the server tells one, and the user can choose another.
struct OverridableText: Sendable {
    let override: UntrustedText?
    var fromServer: UntrustedText?

    init(override: UntrustedText?, fromServer: UntrustedText? = nil) {
        self.override = override
        self.fromServer = fromServer
    }

    var text: UntrustedText? { override ?? fromServer }

    /// The name in a form that is safe to show. It is the peer's id if there is no visible name.
    func displayed(or peer: UserID) -> String {
        guard let text, text.isVisible else { return peer.displayed }
        return MessageLimits.trimmed(text.displayed())
    }
}
