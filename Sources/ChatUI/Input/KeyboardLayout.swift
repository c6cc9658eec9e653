/// The two layouts of a Russian keyboard: what a key types in one when the other was meant.
enum KeyboardLayout {
    /// ЙЦУКЕН to QWERTY.
    static let latinByRussian = Dictionary(
        uniqueKeysWithValues: zip("йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"))

    private static let russianByLatin = Dictionary(uniqueKeysWithValues: latinByRussian.map { ($1, $0) })

    /// The same keys on the Latin layout; the text is in lower case.
    static func latin(_ text: String) -> String { String(text.map { latinByRussian[$0] ?? $0 }) }

    /// The same keys on the Russian layout; the text is in lower case.
    static func russian(_ text: String) -> String { String(text.map { russianByLatin[$0] ?? $0 }) }
}
