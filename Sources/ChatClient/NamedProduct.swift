import ChatWire

/// A product as every `ConversationStore` keeps it for a conversation: once for each id, or for each title that was named
/// without an id. So a title and an id stay together, whatever was named in between.
package struct NamedProduct: Sendable, Hashable {
    package var product: Product
    /// The time of the newest message that named it.
    package var namedAt: Timestamp

    package init(_ product: Product, at time: Timestamp) {
        self.product = product
        namedAt = time
    }

    /// Another message named it. The title of the newest message counts.
    package mutating func named(_ other: Product, at time: Timestamp) {
        if let title = other.title, product.title == nil || time >= namedAt { product.title = title }
        namedAt = max(namedAt, time)
    }
}
