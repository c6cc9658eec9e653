import ArgumentParser
import ChatWire

/// What the conversation's screen takes beside `ConnectionOptions`.
struct ConversationOptions: ParsableArguments {
    @Option(
        help:
            "With whom you talk: the seller's id, or the buyer's if you sell. Without it, all conversations are listed."
    )
    var seller: String?

    @Option(help: .hidden)  // for what tells it to others, which this version does not
    var name: String?

    @Option(help: "The other's name, shown in the header.")
    var sellerName: String?

    @Option(help: "What you talk about.")
    var product: String?

    @Flag(help: "Lines instead of a screen, for screen readers, logs and pipes.")
    var plain = false

    func settings(
        _ connection: ConnectionSettings, _ product: ProductOptions, _ wording: Wording
    ) throws -> ConversationSettings {
        if seller == nil, self.product != nil || product.productID != nil || sellerName != nil {
            throw UsageFailure(sentence: wording.sellerMissing)
        }
        let peer = try seller.map { seller in
            guard let peer = UserID(seller) else { throw UsageFailure(sentence: wording.badUserID("--seller")) }
            return peer
        }
        if connection.user == peer { throw UsageFailure(sentence: wording.samePerson("--seller")) }
        return ConversationSettings(
            connection: connection, peer: peer, peerName: sellerName.map { UntrustedText($0) },
            product: Product(id: product.productID, title: self.product.map { UntrustedText($0) }))
    }

    /// The flags that were given, for commands that they do not go with.
    var given: [String] {
        [("--seller", seller), ("--name", name), ("--seller-name", sellerName), ("--product", product)]
            .compactMap { flag, value in value.map { _ in flag } } + (plain ? ["--plain"] : [])
    }
}

/// What a message is about.
struct ProductOptions: ParsableArguments {
    @Option(help: "The product's id.")
    var productID: String?
}

/// `ConversationOptions`, checked.
struct ConversationSettings: Sendable {
    var connection: ConnectionSettings
    /// Nil: the inbox is opened.
    var peer: UserID?
    var peerName: UntrustedText?
    var product: Product
}
