import ChatWire
import Testing

@testable import ChatUI

struct TextMatcherTests {
    @Test(arguments: [
        ("продаю", "Ещё ПРОДАЮ", true), ("ещё", "Еще", true), ("еще", "ЕЩЁ", true), ("a b", "A  b", true),
        (" продаю ", "продаю", true), ("ж", "abc", false), ("abcd", "abc", false), ("␛", "\u{1B}[0m", true),
    ])
    func matches(query: String, text: String, isMatch: Bool) {
        #expect(TextMatcher(query)?.matches(UntrustedText(text)) == isMatch)
    }

    @Test func findsNothingForNothing() {
        #expect(TextMatcher(" \n") == nil)
    }

    @Test(arguments: [("аа", "ааааа", [0..<2, 2..<4]), ("漢", "a漢b漢", [1..<2, 3..<4]), ("x", "", [])])
    func ranges(query: String, line: String, ranges: [Range<Int>]) {
        let width = CharacterWidth.fixed
        #expect(TextMatcher(query)?.ranges(in: width.glyphs(of: line), width: width) == ranges)
    }

    @Test func hitsKeepTheirOrder() {
        var search = Search("x", from: nil)
        search.merge(["c", "d", "f"])
        search.merge(["a", "c", "e", "f"])
        #expect(search.hits == ["a", "c", "e", "d", "f"])
        search.merge([])
        #expect(search.hits.count == 5)
    }
}
