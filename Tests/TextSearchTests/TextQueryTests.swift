import ChatWire
import Testing
import TextSearch

struct TextQueryTests {
    @Test(arguments: [
        ("продаю", "Ещё ПРОДАЮ", true), ("ёлка", "ЕЛКА", true), ("елка", "Ёлка", true), ("a\nb", "A\r\nB", true),
        ("a  b", "a\r\nb", false), ("ß", "ẞ", true), ("σ", "Σ", true), ("ѐ", "Ѐ", true), ("і", "І", true),
        ("é", "É", true), ("🙂", "да 🙂", true), ("�", "a\u{202E}b", true), ("␛[", "\u{1B}[0m", true),
        ("ab", "a", false),
    ])
    func matches(query: String, text: String, isMatch: Bool) throws {
        #expect(try #require(TextQuery(query)).matches(UntrustedText(text)) == isMatch)
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
