/// The two layouts of a Russian keyboard, to correct text that was typed with the wrong one.
public enum KeyboardLayout {
    /// From ЙЦУКЕН to QWERTY.
    public static let latinByRussian = Dictionary(
        uniqueKeysWithValues: zip("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"))

    private static let russianByLatin = Dictionary(uniqueKeysWithValues: latinByRussian.map { ($1, $0) })

    /// Converts text to the Latin layout. The text is in lower case.
    public static func latin(_ text: String) -> String { String(text.map { latinByRussian[$0] ?? $0 }) }

    /// Converts text to the Russian layout. The text is in lower case.
    public static func russian(_ text: String) -> String { String(text.map { russianByLatin[$0] ?? $0 }) }

    /// What somebody may have meant: the text as it was typed, and as the same keys give it in either layout. The text is
    /// folded, and so are the results. Each has as many characters as the text.
    public static func readings(of text: String) -> [String] {
        let others = [latin(text), TextQuery.folded(russian(text))]
        return others.reduce(into: [text]) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The readings of a text to search for. A text without letters was meant as it is, and what reads a letter as a
    /// punctuation mark was not meant.
    static func readings(ofQuery text: String) -> [String] {
        guard text.contains(where: \.isLetter) else { return [text] }
        return readings(of: text).filter { zip(text, $0).allSatisfy { !$0.isLetter || $1.isLetter } }
    }
}
