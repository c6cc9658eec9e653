import ChatWire

/// How the peer, or the product, is called: as the user gave it, or else as the server tells it.
struct GivenOrTold: Sendable {
    let given: UntrustedText?
    var told: UntrustedText?

    init(given: UntrustedText?, told: UntrustedText? = nil) {
        self.given = given
        self.told = told
    }

    var text: UntrustedText? { given ?? told }

    /// The name in a form that is safe to show. Without one, the peer's id is the name.
    func shown(or peer: UserID) -> String {
        guard let text, text.isVisible else { return peer.displayed }
        return MessageLimits.trimmed(text.displayed())
    }
}
