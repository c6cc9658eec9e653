import ArgumentParser
import ChatClient
import ChatUI
import ChatWire

/// The options of the screen and `--plain`, in addition to `ConnectionOptions`.
struct ConversationOptions: ParsableArguments {
    @Option(help: .of(.seller), completion: KnownValues.peers)
    var seller: String?

    @Option(help: .of(.name))
    var name: String?

    @Option(help: .of(.sellerName))
    var sellerName: String?

    @Flag(help: .of(.plain))
    var plain = false

    func settings(
        _ connection: ConnectionSettings, _ product: ProductOptions, _ texts: Texts
    ) throws -> ConversationSettings {
        if seller == nil, product.productID == nil, product.named != nil || sellerName != nil {
            throw UsageFailure(sentence: texts.sellerMissing)
        }
        var peer = try seller.map { try connection.peer($0, of: "--seller", texts) }
        var listing = plain ? product.productID.flatMap(connection.keptListing) : nil
        if peer == nil, let id = product.productID {
            listing = try connection.listingOfSeller(id, texts)
            peer = listing?.seller
        }
        return ConversationSettings(
            connection: connection, name: (name ?? connection.configuration.account.name).map { UntrustedText($0) },
            peer: peer,
            peerName: sellerName.map { UntrustedText($0) },
            product: product.named(with: listing), listing: listing)
    }

    /// The flags that were given. Other commands refuse them.
    var given: [String] {
        [("--seller", seller), ("--name", name), ("--seller-name", sellerName)]
            .compactMap { flag, value in value.map { _ in flag } } + (plain ? ["--plain"] : [])
    }
}

/// The product that messages are about.
struct ProductOptions: ParsableArguments {
    @Option(help: .of(.product))
    var product: String?

    @Option(help: .of(.productID), completion: KnownValues.products)
    var productID: String?

    /// Nil if neither flag was given.
    var named: Product? {
        product == nil && productID == nil ? nil : Product(id: productID, title: product.map { UntrustedText($0) })
    }

    /// With the title that the marketplace gave, if the user gave none.
    func named(with listing: Listing?) -> Product? {
        guard var product = named else { return nil }
        product.title = product.title ?? listing?.title
        return product
    }

    /// The flags that were given. Commands that send nothing refuse them.
    var given: [String] {
        [("--product", product), ("--product-id", productID)].compactMap { flag, value in value.map { _ in flag } }
    }
}

/// The checked values of `ConversationOptions`.
struct ConversationSettings: Sendable {
    var connection: ConnectionSettings
    /// The user's own name.
    var name: UntrustedText?
    /// Nil to open the list of conversations.
    var peer: UserID?
    var peerName: UntrustedText?
    /// What the next messages are about. Nil if they name no product.
    var product: Product?
    /// What is known of that product already.
    var listing: Listing?
}
