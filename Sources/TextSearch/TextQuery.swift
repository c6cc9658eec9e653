import ChatWire

/// What somebody looks for in messages: found whatever the case of the letters is, and `ё` for `е`.
public struct TextQuery: Sendable, Hashable {
    /// As it was typed, without white space at its ends.
    public let text: String
    private let folded: FoldedText

    /// Nil for a query that would find everything.
    public init?(_ text: String) {
        self.text = MessageLimits.trimmed(text)
        folded = FoldedText(UntrustedText(self.text))
        if folded.utf8.isEmpty { return nil }
    }

    public func matches(_ text: UntrustedText) -> Bool { FoldedText(text).contains(folded) }

    /// What differs only in case, or in the dots of `ё`, is the same.
    public static func folded(_ text: String) -> String {
        String(decoding: FoldedText(UntrustedText(text)).utf8, as: UTF8.self)
    }
}
