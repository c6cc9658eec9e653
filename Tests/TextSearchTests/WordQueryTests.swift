import ChatWire
import Testing
import TextSearch

struct WordQueryTests {
    @Test(arguments: [
        ("диван", "два дивана", true), ("диваны", "продам ДИВАН!", true), ("ДИВАНОВ", "диваны", true),
        ("диван", "подиван", false), ("синий диван", "диван: синий", true), ("синий диван", "диван красный", false),
        ("елки", "Ёлки-палки", true), ("ван", "диван", false), ("дом", "домофон", true), ("дома", "дом", false),
        ("андрей", "Андрею", true), ("anna", "написала Anna.", true), ("anns", "Anna", false), ("12", "№12,5", true),
        ("ключ", "«ключи»", true), ("🙂", "да🙂🙂", true), ("€", "5€", true), ("京", "北京", true), ("北京", "京北", true),
        ("!!", "!!", false), ("é", "É", true),
    ])
    func matches(query: String, text: String, isMatch: Bool) {
        #expect((WordQuery(query)?.matches(UntrustedText(text)) ?? false) == isMatch)
    }

    @Test func aTextWithoutWordsIsNoQuery() {
        for text in ["", " ", "!?", "«»", "\t"] { #expect(WordQuery(text) == nil, "\(text.debugDescription)") }
    }

    @Test func whatIsTypedSoFarFindsWhatTheWholeWordFinds() throws {
        let text: UntrustedText = "Диваны, шкафы и холодильники"
        for word in ["диваны", "шкафы", "холодильники"] {
            for length in 1...word.count {
                #expect(try #require(WordQuery(String(word.prefix(length)))).matches(text), "\(word.prefix(length))")
            }
        }
    }

    @Test(arguments: [
        ("диваны", "Два дивана, диван.", ["дивана", "диван"]), ("👍🏽", "да 👍🏽!", ["👍🏽"]),
        ("е", "Ёлка е\u{301}", ["Ёлка", "е\u{301}"]),
    ])
    func rangesAreWholeWords(query: String, text: String, words: [String]) throws {
        let pieces = text.map(String.init)
        let ranges = try #require(WordQuery(query)).ranges(in: pieces)
        #expect(ranges.map { pieces[$0].joined() } == words)
    }

    /// The index splits its text only at ASCII characters that are neither letters nor digits.
    @Test func indexedWordsAreSplitAtSpacesAlone() {
        var scalars = String.UnicodeScalarView()
        for value in UInt32(0)...0x1FFFF { if let scalar = Unicode.Scalar(value) { scalars += [scalar, " "] } }
        let words = WordQuery.indexedWords(of: UntrustedText(String(scalars)))
        #expect(
            words.utf8.allSatisfy {
                $0 >= 0x80 || $0 == 0x20 || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
            })
    }
}
