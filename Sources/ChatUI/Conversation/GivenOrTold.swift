import ChatWire

/// The name of the peer, or the title of the product. What the user gave takes precedence over what the server sends.
struct GivenOrTold: Sendable {
    let given: UntrustedText?
    var told: UntrustedText?

    init(given: UntrustedText?, told: UntrustedText? = nil) {
        self.given = given
        self.told = told
    }

    var text: UntrustedText? { given ?? told }

    /// The name in a form that is safe to show. It is the peer's id if there is no visible name.
    func shown(or peer: UserID) -> String {
        guard let text, text.isVisible else { return peer.displayed }
        return MessageLimits.trimmed(text.displayed())
    }
}
