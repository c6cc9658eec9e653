import Testing

@testable import WebSocketTransport

struct HTTPValueTests {
    @Test func keysOfTheHandshake() {
        #expect(OpeningHandshake.isKey(OpeningHandshake.makeKey()))
        #expect(!OpeningHandshake.isKey("dGhlIHNhbXBsZSBub25jZQ="))
        #expect(!OpeningHandshake.isKey("dGhlIHNhbXBsZSBub25j Q=="))
        #expect(!OpeningHandshake.isKey("Zm9v"))
    }

    @Test func acceptOfTheRFC() {
        #expect(OpeningHandshake.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func targets() {
        let examples: [(target: String, path: String, query: [String])] = [
            ("/", "/", []), ("", "/", []), ("/a/b", "/a/b", []), ("/?", "/", []),
            ("/a?x=1&y=2", "/a", ["x=1", "y=2"]), ("/a?x=1=2&&z", "/a", ["x=1=2", "z="]),
            ("/%41%zz%4", "/A%zz%4", []), ("/a+b?a+b=%2B", "/a+b", ["a b=+"]),
            ("/%FF", "/\u{FFFD}", []), ("http://h:1/p?q=1", "/p", ["q=1"]), ("http://h?q=1", "/", ["q=1"]),
            ("/p?q=1#f", "/p", ["q=1"]), ("*", "*", []), ("/a?q=?", "/a", ["q=?"]),
        ]
        for example in examples {
            let request = HTTPRequest(target: example.target)
            #expect(request.path == example.path)
            #expect(request.query.map { "\($0.name)=\($0.value)" } == example.query, "\(example.target)")
        }
    }

    @Test func headerLists() {
        let headers: HTTPHeaderFields = ["Connection": "keep-alive ,\tUpgrade", "connection": " x,, "]
        #expect(headers.list("CONNECTION") == ["keep-alive", "Upgrade", "x"])
        #expect(headers["Connection"] == "keep-alive ,\tUpgrade")
        #expect(headers.values(of: "none").isEmpty)
    }

    @Test func addressRanges() throws {
        let examples: [(range: String, address: String, isIn: Bool)] = [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
            ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.200", true),
            ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("::1", "::1", true),
        ]
        for example in examples {
            let range = try #require(AddressRange(example.range))
            let address = try #require(IPAddress(example.address))
            #expect(range.contains(address) == example.isIn, "\(example)")
        }
        for bad in ["", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0/8", "::/129", "/8"] {
            #expect(AddressRange(bad) == nil, "\(bad)")
        }
    }

    @Test func loopback() {
        for text in ["127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1"] { #expect(Peer.address(text).isLoopback) }
        for text in ["128.0.0.1", "::2", "0.0.0.0", "localhost", ""] { #expect(!Peer.address(text).isLoopback) }
        #expect(Peer.unix.isLoopback)
        for peer in [Peer.unix, .address("127.0.0.1")] { #expect(!Peer.behind(peer).isLoopback) }
    }
}

@Suite("By what connections from one place are counted")
struct LimitKeyTests {
    @Test(
        arguments: [
            (Peer.unix, nil), (.address("127.0.0.1"), nil), (.address("::1"), nil), (.address("::ffff:127.0.0.1"), nil),
            (.behind(.unix), nil), (.behind(.address("127.0.0.1")), nil), (.address("192.0.2.1"), "192.0.2.1"),
            (.behind(.address("192.0.2.1")), "192.0.2.1"), (.address("2001:db8::1"), "32:1:13:184:0:0:0:0"),
            (.address("2001:db8::ffff:1"), "32:1:13:184:0:0:0:0"), (.address("unknown"), "unknown"),
            (.address("::ffff:192.0.2.1"), "192.0.2.1"), (.address("192.0.2.1:4711"), "192.0.2.1"),
            (.address("[2001:db8::1]:4711"), "32:1:13:184:0:0:0:0"), (.address("127.0.0.1:4711"), "127.0.0.1"),
        ] as [(Peer, String?)])
    func key(_ peer: Peer, _ key: String?) { #expect(peer.limitKey == key) }
}
