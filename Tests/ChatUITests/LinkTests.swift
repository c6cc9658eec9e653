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
        ("https://a.example/\u{202E}gpj.exe", ["https://a.example/"]),
    ])
    func links(text: String, addresses: [String]) {
        #expect(Link.all(in: UntrustedText(text)).map(\.address) == addresses)
    }

    @Test(
        arguments: [
            ("https://example.org/ж", []),
            ("https://пример.рф", []),
            ("https://пример.com", [.mixedScripts(host: "пример.com")]),
            ("https://sbеrbank.ru", [.mixedScripts(host: "sbеrbank.ru")]),
            ("https://日本.jp:8080/x", [.mixedScripts(host: "日本.jp")]),
            ("https://XN--80ak6aa92e.com/", [.punycode(host: "XN--80ak6aa92e.com")]),
            ("https://bank.ru@evil.example", [.hidesHost("evil.example")]),
            ("https://bank.ru\\@evil.example", []),
            ("https://example.org/@user", []),
        ] as [(String, [Link.Warning])])
    func warnings(address: String, warnings: [Link.Warning]) {
        #expect(Link(address).warnings == warnings)
    }
}
