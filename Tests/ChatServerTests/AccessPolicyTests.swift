import Testing

@testable import ChatServer

@Suite("Who may connect without a token")
struct AccessPolicyTests {
    struct Case: Sendable {
        var origin: String?
        var host: String?
        var isLocal: Bool
        var admitted: Bool

        init(_ admitted: Bool, origin: String? = nil, host: String? = nil, isLocal: Bool = true) {
            (self.admitted, self.origin, self.host, self.isLocal) = (admitted, origin, host, isLocal)
        }
    }

    static let cases: [Case] = [
        Case(true), Case(true, host: "localhost"), Case(true, host: "127.0.0.1:8765"), Case(true, host: "[::1]:80"),
        Case(true, host: "LOCALHOST:1"), Case(true, host: "127.1.2.3"), Case(false, host: "example.com"),
        Case(false, host: "127.0.0.1.example.com"), Case(false, host: "localhost.example.com:80"),
        Case(false, host: "127.0.0.1:80@example.com"), Case(false, host: "10.0.0.1"), Case(false, host: ""),
        Case(false, host: "[::2]"), Case(true, origin: "http://localhost:3000"), Case(true, origin: "https://[::1]"),
        Case(false, origin: "https://example.com", host: "localhost"), Case(false, origin: "null"),
        Case(false, origin: "http://localhost.example.com"), Case(false, origin: "file://"), Case(false, origin: ""),
        Case(false, host: "localhost", isLocal: false), Case(false, isLocal: false),
        Case(true, origin: "https://shop.example"),
    ]

    @Test(arguments: cases)
    func admits(_ example: Case) {
        let policy = AccessPolicy(allowedOrigins: Set(["https://shop.example"].compactMap { WebOrigin($0) }))
        #expect(
            policy.admits(origin: example.origin, host: example.host, isLocal: example.isLocal)
                == example.admitted)
    }

    @Test("an origin has one form, and a text that no browser sends is invalid")
    func origins() {
        let forms = [
            ("https://chat.example", "https://chat.example"), ("HTTPS://Chat.Example/", "https://chat.example"),
            ("https://chat.example:443", "https://chat.example"), ("http://chat.example:80/", "http://chat.example"),
            ("https://chat.example:8443", "https://chat.example:8443"), ("http://a:443", "http://a:443"),
            ("https://chat.example:0443", "https://chat.example"),
            ("http://[2001:DB8::0:1]:80", "http://[2001:db8::1]"),
            ("https://xn--e1afmkfd.example", "https://xn--e1afmkfd.example"),
            ("moz-extension://0f8fad5b-d9cb", "moz-extension://0f8fad5b-d9cb"),
        ]
        for (text, form) in forms { #expect(WebOrigin(text)?.text == form, "\(text)") }
        let none = [
            "*", "null", "", "chat.example", "//chat.example", "https://", "https:///", "https://*.example",
            "https://chat.example/path", "https://chat.example//", "https://a?b", "https://a#b", "https://u@a",
            "https://a:", "https://a:0", "https://a:65536", "https://a:x", "https://a:1:2", "https://пример.рф",
            "https://a b", "https://a\n", "https://[::1", "https://[zz]", "https://[::1]x", "1http://a", "wss://a",
            "file://", "https://a\0", "://a", "https://[::1\0]",
        ]
        for text in none { #expect(WebOrigin(text) == nil, "\(text)") }
        let policy = AccessPolicy(allowedOrigins: Set([WebOrigin("https://Shop.example:443/")].compactMap { $0 }))
        #expect(policy.admits(origin: "https://shop.example", host: nil, isLocal: true))
        #expect(!policy.admits(origin: "http://shop.example", host: nil, isLocal: true))
    }

    @Test("open to remote hosts, but still not to a foreign web page")
    func remote() {
        let policy = AccessPolicy(allowsRemote: true)
        #expect(policy.admits(origin: nil, host: "chat.example", isLocal: false))
        #expect(!policy.admits(origin: "https://evil.example", host: "chat.example", isLocal: true))
    }
}
