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
        let policy = AccessPolicy(allowedOrigins: ["https://shop.example"])
        #expect(
            policy.admits(origin: example.origin, host: example.host, isLocal: example.isLocal)
                == example.admitted)
    }

    @Test("open to remote hosts, still to no stranger's web page")
    func remote() {
        let policy = AccessPolicy(allowsRemote: true)
        #expect(policy.admits(origin: nil, host: "chat.example", isLocal: false))
        #expect(!policy.admits(origin: "https://evil.example", host: "chat.example", isLocal: true))
    }
}
