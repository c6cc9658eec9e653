import ArgumentParser
import ChatUI
import ChatWire

/// What the conversation's screen takes beside `ConnectionOptions`.
struct ConversationOptions: ParsableArguments {
    @Option(help: .of(.seller))
    var seller: String?

    @Option(help: .of(.name))
    var name: String?

    @Option(help: .of(.sellerName))
    var sellerName: String?

    @Option(help: .of(.product))
    var product: String?

    @Flag(help: .of(.plain))
    var plain = false

    func settings(
        _ connection: ConnectionSettings, _ product: ProductOptions, _ texts: Texts
    ) throws -> ConversationSettings {
        if seller == nil, self.product != nil || product.productID != nil || sellerName != nil {
            throw UsageFailure(sentence: texts.sellerMissing)
        }
        let peer = try seller.map { seller in
            guard let peer = UserID(seller), !peer.isBlank else {
                throw UsageFailure(sentence: texts.badUserID("--seller"))
            }
            return peer
        }
        if connection.user == peer { throw UsageFailure(sentence: texts.samePerson("--seller")) }
        return ConversationSettings(
            connection: connection, name: (name ?? connection.configuration.name).map { UntrustedText($0) }, peer: peer,
            peerName: sellerName.map { UntrustedText($0) },
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
    @Option(help: .of(.productID))
    var productID: String?
}

/// `ConversationOptions`, checked.
struct ConversationSettings: Sendable {
    var connection: ConnectionSettings
    /// The user's own.
    var name: UntrustedText?
    /// Nil: the inbox is opened.
    var peer: UserID?
    var peerName: UntrustedText?
    var product: Product
}
