import ChatWire

/// A text to search for in messages, and in the list of conversations. Case is ignored, and `е` matches `ё`. A text that
/// does not have it as it stands matches if it has its words (`WordQuery`), which may have been typed in the wrong
/// keyboard layout. So other readings are found only at the beginnings of words: within words they would find anything.
public struct TextQuery: Sendable, Hashable {
    /// The text as it was typed, without white space at its ends.
    public let text: String
    /// Nil if the text has no word.
    public let words: WordQuery?
    private let typedWords: WordQuery?
    private let folded: FoldedText

    /// Nil if the query would match everything.
    public init?(_ text: String) {
        self.text = MessageLimits.trimmed(text)
        folded = FoldedText(UntrustedText(self.text))
        if folded.utf8.isEmpty { return nil }
        words = WordQuery(self.text)
        typedWords = words?.asTyped
    }

    public func matches(_ text: UntrustedText) -> Bool { matches(FoldedText(text)) }

    public func matches(_ text: FoldedText) -> Bool { text.contains(folded) || words?.matches(text) ?? false }

    /// The texts that match. Other keyboard layouts count only if no text matches what was typed.
    public func matching<Element>(of elements: [Element], text: (Element) -> FoldedText) -> [Element] {
        let typed = elements.filter { element in
            let text = text(element)
            return text.contains(folded) || typedWords?.matches(text) ?? false
        }
        return typed.isEmpty && words != typedWords ? elements.filter { matches(text($0)) } : typed
    }

    /// Folds a text. Texts that differ only in case, or in the dots of `ё`, become equal.
    public static func folded(_ text: String) -> String {
        String(decoding: FoldedText(UntrustedText(text)).utf8, as: UTF8.self)
    }
}
