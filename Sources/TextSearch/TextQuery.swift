import ChatWire

/// A text to search for in messages. Case is ignored, and `е` matches `ё`.
public struct TextQuery: Sendable, Hashable {
    /// The text as it was typed, without white space at its ends.
    public let text: String
    private let folded: FoldedText

    /// Nil if the query would match everything.
    public init?(_ text: String) {
        self.text = MessageLimits.trimmed(text)
        folded = FoldedText(UntrustedText(self.text))
        if folded.utf8.isEmpty { return nil }
    }

    public func matches(_ text: UntrustedText) -> Bool { FoldedText(text).contains(folded) }

    /// Folds a text. Texts that differ only in case, or in the dots of `ё`, become equal.
    public static func folded(_ text: String) -> String {
        String(decoding: FoldedText(UntrustedText(text)).utf8, as: UTF8.self)
    }
}
