import ChatWire
import Testing
import TextSearch

struct WordQueryTests {
    @Test(arguments: [
        ("диван", "два дивана", true), ("диваны", "продам ДИВАН!", true), ("ДИВАНОВ", "диваны", true),
        ("диван", "подиван", false), ("синий диван", "диван: синий", true), ("синий диван", "диван красный", false),
        ("елки", "Ёлки-палки", true), ("ван", "диван", false), ("дом", "домофон", true), ("дома", "дом", true),
        ("андрей", "Андрею", true), ("anna", "написала Anna.", true), ("anns", "Anna", false), ("12", "№12,5", true),
        ("ключ", "«ключи»", true), ("🙂", "да🙂🙂", true), ("€", "5€", true), ("京", "北京", true), ("北京", "京北", true),
        ("!!", "!!", false), ("é", "É", true), ("lbdfys", "два дивана", true), ("ефиду", "Table 5", true),
        ("rjv,byfn", "комбинаты", true), ("это", "nj", false), ("lbdfy ыщаф", "диван sofa", false),
        (".", "юла", false), (";", "ж", false), (",tksq", "белый", true),
    ])
    func matches(query: String, text: String, isMatch: Bool) {
        #expect((WordQuery(query)?.matches(UntrustedText(text)) ?? false) == isMatch)
    }

    /// Each form of a word finds every form of it. The last text is of another word, which no form finds.
    @Test(arguments: [
        ("цена цены цене цену ценой цен ценам ценами ценах", "центр цензура"),
        ("дома дому домом доме домов домам домами домах", "домашний домофон"),
        ("стола столу столом столе столы столов столам столами столах", "стоять"),
        ("стула стулу стулом стуле стулья стульев стульям стульями стульях", "стук"),
        ("шкафа шкафу шкафом шкафе шкафы шкафов шкафам шкафами шкафах", "шарф"),
        ("скидка скидки скидке скидку скидкой скидок скидкам скидками скидках", "скидывать"),
        ("доставка доставки доставке доставку доставкой доставок доставкам", "доставать"),
        ("день дня дню днем дне дни дней дням днями днях", "деньги дно"),
        ("окно окна окну окном окне окон окнам окнами окнах", "около"),
        ("ковер ковра ковру ковром ковре ковры ковров коврам", "ковш"),
        ("деньги денег деньгам деньгами деньгах", "день"),
        ("подарок подарка подарку подарком подарке подарки подарков подаркам", "подать"),
        ("кухня кухни кухне кухню кухней кухонь кухням кухнями", "кухарка"),
        ("новый новая новое новые нового новому новой новую новым новых новыми", "новость"),
        ("вещь вещи вещью вещей вещам вещами вещах", "вещество"),
        ("продавец продавца продавцу продавцом продавце продавцы продавцов продавцам продавцами", "продавать продано"),
        ("конец конца концу концом конце концы концов концам концами концах", "конечно конь"),
        ("образец образца образцу образцом образце образцы образцов образцам образцами", "образ образование"),
        ("палец пальца пальцу пальцем пальце пальцы пальцев пальцам пальцами пальцах", "пальто палка"),
        ("отец отца отцу отцом отце отцы отцов отцам отцами отцах", "отечество отмена"),
        ("письмо письма письму письмом письме писем письмам письмами письмах", "писать писк"),
        ("кольцо кольца кольцу кольцом кольце колец кольцам кольцами кольцах", "колено кольнуть"),
        ("полотенце полотенца полотенцу полотенцем полотенец полотенцам полотенцами", "полотно"),
        ("свадьба свадьбы свадьбе свадьбу свадьбой свадеб свадьбам свадьбами свадьбах", "свал"),
        ("батарейка батарейки батарейке батарейку батарейкой батареек батарейкам", "батарея"),
        ("китаец китайца китайцу китайцем китайце китайцы китайцев китайцам", "китайский"),
        ("фото", "фотон"),
    ])
    func everyFormFindsEveryForm(forms: String, others: String) throws {
        let forms = forms.split(separator: " ").map(String.init)
        for form in forms {
            let query = try #require(WordQuery(form))
            for text in forms { #expect(query.matches(UntrustedText(text)), "\(form) finds \(text)") }
            for other in others.split(separator: " ") where !other.hasPrefix(form) {
                #expect(!query.matches(UntrustedText(String(other))), "\(form) does not find \(other)")
            }
        }
    }

    /// A word without an ending is searched as it is typed.
    @Test(arguments: ["дом", "стол", "стул", "шкаф", "фото", "цен"])
    func whatIsTypedIsABeginning(word: String) throws {
        #expect(try #require(WordQuery(word)).matches(UntrustedText(word + "ник")))
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
