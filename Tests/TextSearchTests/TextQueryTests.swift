import ChatWire
import Testing
import TextSearch

struct TextQueryTests {
    @Test(arguments: [
        ("продаю", "Ещё ПРОДАЮ", true), ("ёлка", "ЕЛКА", true), ("елка", "Ёлка", true), ("a\nb", "A\r\nB", true),
        ("a  b", "a\r\nb", true), ("a, b", "a\r\nb", true), ("ß", "ẞ", true), ("σ", "Σ", true), ("ѐ", "Ѐ", true),
        ("і", "І", true),
        ("é", "É", true), ("🙂", "да 🙂", true), ("�", "a\u{202E}b", true), ("␛[", "\u{1B}[0m", true),
        ("ab", "a", false), ("lbdfy", "два Дивана", true), ("ефиду", "Table 5", true), (",", "дуб", false),
        ("б", "да, вот", false),
        (".", "юла, ююю", false), (".", "да.", true), ("my", "Спальня", false), ("gj", "купол", false),
        ("gj", "Пол", true),
        ("тв", "and more", false), (",tksq", "белый", true), ("5", "15", true),
        ("диваны", "продам диван", true), ("диваны синие", "синий диван", true), ("синий диван", "синий стол", false),
        ("rjv,byfn", "комбинат", true), ("ван", "диван", true),
    ])
    func matches(query: String, text: String, isMatch: Bool) throws {
        #expect(try #require(TextQuery(query)).matches(UntrustedText(text)) == isMatch)
    }

    /// What was typed hides what would be found in the other keyboard layout.
    @Test(arguments: [
        ("he", ["рубль", "the end"], ["the end"]), ("he", ["рубль", "рука"], ["рубль", "рука"]), ("he", ["диван"], []),
        ("диваны", ["диван", "стол"], ["диван"]), (".", ["юла"], []),
    ])
    func otherLayoutsCountIfNothingElseIsFound(query: String, texts: [String], found: [String]) throws {
        let matching = try #require(TextQuery(query)).matching(of: texts) { FoldedText(UntrustedText($0)) }
        #expect(matching == found)
    }

    /// The fast paths give the same result: every scalar is folded to the lower case that the standard library gives
    /// it.
    @Test func foldsEveryScalar() {
        for value in UInt32(0)...0x1FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = UntrustedText(String(scalar)).displayed()
            let expected = shown.lowercased() == "ё" ? "е" : shown.lowercased()
            let folded = TextQuery.folded(String(scalar))
            #expect(folded.utf8.elementsEqual(expected.utf8), "U+\(String(value, radix: 16))")
        }
    }
}
