/// The two layouts of a Russian keyboard, to correct text that was typed with the wrong one.
enum KeyboardLayout {
    /// From ЙЦУКЕН to QWERTY.
    static let latinByRussian = Dictionary(
        uniqueKeysWithValues: zip("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"))

    private static let russianByLatin = Dictionary(uniqueKeysWithValues: latinByRussian.map { ($1, $0) })

    /// Converts text to the Latin layout. The text is in lower case.
    static func latin(_ text: String) -> String { String(text.map { latinByRussian[$0] ?? $0 }) }

    /// Converts text to the Russian layout. The text is in lower case.
    static func russian(_ text: String) -> String { String(text.map { russianByLatin[$0] ?? $0 }) }
}
