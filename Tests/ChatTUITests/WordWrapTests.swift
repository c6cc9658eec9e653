import ChatUI
import Testing

@testable import chat_tui

@Suite struct WordWrapTests {
    @Test(arguments: [
        ("", 10, ""), ("one two", 7, "one two"), ("one two three", 9, "one two\nthree"),
        ("one https://abc.example/long two", 9, "one\nhttps://abc.example/long\ntwo"),
        ("  1. one two three", 12, "  1. one two\n  three"), ("abcdefghijkl", 5, "abcdefghijkl"),
        ("Пароль (Enter — получить код по почте):", 20, "Пароль (Enter —\nполучить код по\nпочте):"),
    ]) func lines(text: String, columns: Int, expected: String) {
        #expect(WordWrap.lines(of: text, columns: columns) == expected)
    }

    /// The page for the browser may get any address of the settings.
    @Test func thePageForTheBrowser() {
        let page = AddressPage.html("https://a.example/x?a=1&b=\"><script>'", Texts(.english))
        #expect(page.contains("url=https://a.example/x?a=1&amp;b=&quot;&gt;&lt;script&gt;&#39;\""))
        #expect(!page.contains("<script") && page.contains("no-referrer"))
    }
}
