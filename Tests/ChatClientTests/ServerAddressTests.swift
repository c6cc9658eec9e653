import ChatWire
import Testing

@testable import ChatClient

@Suite("Server addresses")
struct ServerAddressTests {
    @Test(arguments: [
        ("ws://127.0.0.1:8765", "127.0.0.1", 8765, false, "", "127.0.0.1:8765"),
        ("ws://localhost/", "localhost", 80, false, "", "localhost"),
        ("WSS://Chat.Example/", "Chat.Example", 443, true, "", "Chat.Example"),
        (
            "https://ref.example/functions/v1/websocket-server", "ref.example", 443, true,
            "/functions/v1/websocket-server", "ref.example"
        ),
        ("http://[::1]:81/a//", "::1", 81, false, "/a", "[::1]:81"),
    ])
    func valid(_ url: String, _ host: String, _ port: Int, _ encrypted: Bool, _ prefix: String, _ authority: String)
        throws
    {
        let address = try ServerAddress(url: url)
        #expect(address.host == host && address.port == port && address.isEncrypted == encrypted)
        #expect(address.prefix == prefix && address.authority == authority)
    }

    @Test(arguments: [
        ("", ServerAddress.Invalid.malformed), ("localhost:8765", .malformed), ("ws://", .malformed),
        ("ftp://a", .unknownScheme("ftp")), ("ws://a:99999", .malformed), ("ws://a:0", .malformed),
        ("wss://u:p@a", .holdsCredentials), ("wss://a/?token=x", .holdsQuery), ("wss://a#f", .holdsQuery),
    ])
    func invalid(_ url: String, _ reason: ServerAddress.Invalid) {
        #expect(throws: reason) { try ServerAddress(url: url) }
    }

    @Test(
        "a token goes only where nobody on the way can read it",
        arguments: [
            ("wss://a", true), ("ws://127.0.0.1", true), ("ws://localhost:1", true), ("http://[::1]", true),
            ("ws://a", false), ("ws://127.0.0.1.example", false), ("ws://10.0.0.1", false),
        ])
    func tokens(_ url: String, _ allowed: Bool) throws {
        #expect(try ServerAddress(url: url).mayCarryToken == allowed)
    }

    @Test func historyTarget() throws {
        let user = try #require(UserID("анна &=?"))
        let peer = try #require(UserID("b/c+d"))
        #expect(
            HistoryRequest.target(prefix: "/p", user: user, peer: peer, before: nil, limit: nil)
                == "/p/messages?userId=%D0%B0%D0%BD%D0%BD%D0%B0%20%26%3D%3F&otherUserId=b%2Fc%2Bd")
        #expect(
            HistoryRequest.target(prefix: "", user: peer, peer: peer, before: "x y", limit: 200).hasSuffix(
                "&before=x%20y&limit=200"))
    }
}
