import ChatWire
import Testing

@testable import ChatUI

struct LinkTests {
    @Test(arguments: [
        ("нет ссылок: example.com, http, www", []),
        ("http://a.example", ["http://a.example"]),
        ("(см. https://a.example/b_(c)).", ["https://a.example/b_(c)"]),
        ("«https://a.example/ж?x=1&y=2#z», и ещё", ["https://a.example/ж?x=1&y=2#z"]),
        ("www.a.example/x… WWW.B.EXAMPLE!", ["https://www.a.example/x", "https://WWW.B.EXAMPLE"]),
        ("awww.a.example xhttp://b.example", []),
        ("https://a.example\nhttps://b.example", ["https://a.example", "https://b.example"]),
        ("<https://a.example/x>https://b.example", ["https://a.example/x", "https://b.example"]),
        ("https:// http://, http://@ https://...", []),
        ("https://a.example/\u{1B}]52;c;x\u{07}", ["https://a.example/"]),
        ("https://a.example/x\"\u{301}y", ["https://a.example/x"]),
        ("https://a.example/\u{202E}gpj.exe", ["https://a.example/"]),
    ])
    func links(text: String, addresses: [String]) {
        #expect(Link.all(in: UntrustedText(text)).map(\.address) == addresses)
    }

    @Test(
        arguments: [
            ("https://example.org/ж", []),
            ("https://пример.рф", []),
            ("https://магазин.пример.рф/x", []),
            ("https://日本.jp:8080/x", []),
            ("https://日本abc.jp", []),
            ("https://münchen.de", []),
            ("https://हिन्दी.भारत", []),
            ("https://a_b-c.example.:443", []),
            ("https://пример.com", [.homograph(host: "пример.com")]),
            ("https://аррӏе.com", [.homograph(host: "аррӏе.com")]),
            ("https://օօօ.com", [.homograph(host: "օօօ.com")]),
            ("https://www.аррӏе.com", [.homograph(host: "www.аррӏе.com")]),
            ("https://sbеrbank.ru", [.mixedScripts(host: "sbеrbank.ru")]),
            ("https://νike.рф", [.mixedScripts(host: "νike.рф")]),
            ("https://日本а.jp", [.mixedScripts(host: "日本а.jp")]),
            ("https://bank.ru⁄x.example", [.suspiciousCharacters(host: "bank.ru⁄x.example")]),
            ("https://ba\u{200B}nk.ru", [.suspiciousCharacters(host: "ba\u{200B}nk.ru")]),
            ("https://bａnk.ru", [.suspiciousCharacters(host: "bａnk.ru")]),
            ("https://pаypal。com", [.mixedScripts(host: "pаypal。com")]),
            ("https://paypạl.com", [.suspiciousCharacters(host: "paypạl.com")]),
            ("https://XN--80ak6aa92e.com/", [.punycode(host: "XN--80ak6aa92e.com", letters: "аррӏе.com")]),
            ("https://xn--e1afmkfd.xn--p1ai", [.punycode(host: "xn--e1afmkfd.xn--p1ai", letters: "пример.рф")]),
            (
                "https://xn--!.com",
                [.punycode(host: "xn--!.com", letters: nil), .suspiciousCharacters(host: "xn--!.com")]
            ),
            ("https://xn--99999999.com", [.punycode(host: "xn--99999999.com", letters: nil)]),
            ("https://bank.ru@evil.example", [.userInfoBeforeHost("evil.example")]),
            ("https://bank.ru\\@evil.example", []),
            ("https://a.example/\u{301}@bank.ru", []),
            (
                "https://bank.ru@\u{301}evil.example",
                [
                    .userInfoBeforeHost("\u{301}evil.example"), .suspiciousCharacters(host: "\u{301}evil.example"),
                ]
            ),
            ("https://example.org/@user", []),
        ] as [(String, [Link.Warning])])
    func warnings(address: String, warnings: [Link.Warning]) {
        #expect(Link(address).warnings == warnings)
    }

    /// Examples of RFC 3492, section 7.1, and malformed ones.
    @Test(arguments: [
        ("egbpdaj6bu4bxfgehfvwxn", "ليهمابتكلموشعربي؟"), ("ihqwcrb4cv8a8dqg056pqjye", "他们为什么不说中文"),
        ("Proprostnemluvesky-uyb24dma41a", "Pročprostěnemluvíčesky"), ("3B-ww4c5e180e575a65lsy2b", "3年B組金八先生"),
        ("-> $1.00 <--", "-> $1.00 <-"), ("", ""), ("-", ""), ("!", nil), ("99999999", nil), ("é", nil), ("z", nil),
        (String(repeating: "9", count: 63), nil),
    ])
    func punycode(text: String, decoded: String?) {
        #expect(Punycode.decoded(text[...]) == decoded)
    }

    @Test("a link with a warning opens when asked for once more")
    func opening() {
        var conversation = Conversation.online()
        conversation.model.preferences.opensLinks = true
        conversation.feed(.received(.make("m1", "https://a.example https://аррӏе.com")))
        #expect(conversation.press("<c-o><enter>") == [])
        #expect(conversation.press("<up><down><enter>") == [])
        #expect(conversation.press("<enter>") == [.openLink("https://аррӏе.com")])
        #expect(conversation.press("<c-o><up><enter>") == [.openLink("https://a.example")])
    }

    /// The warning of one link is not the permission to open another one.
    @Test func theWheelTakesTheWarningBack() {
        var conversation = Conversation.online()
        conversation.model.preferences.opensLinks = true
        conversation.feed(.received(.make("m1", "https://a.example https://sbеrbank.ru https://аррӏе.com")))
        #expect(conversation.press("<c-o><enter>") == [])
        conversation.feed(.input(.wheel(1)))
        #expect(conversation.model.notice != nil, "the last link is still selected")
        conversation.feed(.input(.wheel(-1)))
        #expect(conversation.model.notice == nil)
        #expect(conversation.press("<enter>") == [])
        #expect(conversation.press("<enter>") == [.openLink("https://sbеrbank.ru")])
        // There and back again, it is asked again, too.
        #expect(conversation.press("<c-o><enter>") == [])
        conversation.feed(.input(.wheel(-1)), .input(.wheel(1)))
        #expect(conversation.press("<enter>") == [])
    }
}
