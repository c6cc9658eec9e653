import ChatUI
import Supabase
import Testing

@testable import chat_tui

/// What the page of a log-in takes from a browser, and what it refuses.
struct LoopbackRequestTests {
    private func read(_ line: String, host: String? = "127.0.0.1:4000") -> LoopbackRequest {
        let head = line + "\r\n" + (host.map { "Host: \($0)\r\n" } ?? "") + "Accept: */*"
        return LoopbackRequest(head, host: "127.0.0.1:4000", state: "s3")
    }

    @Test func theResult() {
        #expect(read("GET /callback?state=s3&code=abc-1 HTTP/1.1") == .callback(.code("abc-1")))
        #expect(read("GET /callback?code=a%2Bb&state=s3 HTTP/1.1") == .callback(.code("a+b")))
        let declined = read("GET /callback?error=access_denied&error_description=The+user+has+denied&state=s3 HTTP/1.1")
        #expect(declined == .callback(.failed(.declined)))
    }

    @Test(arguments: [
        ("GET /callback?state=s3 HTTP/1.1", 400), ("GET /callback?code=a HTTP/1.1", 400),
        ("GET /callback?state=s4&code=a HTTP/1.1", 400), ("GET /callback?state=&code=a HTTP/1.1", 400),
        ("GET /callback?state=s3&state=s3&code=a HTTP/1.1", 400),
        ("GET /callback?state=s3&code=a&code=b HTTP/1.1", 400),
        ("GET /callback?state=s3&code= HTTP/1.1", 400), ("GET /callback HTTP/1.1", 400), ("", 400), ("GET", 400),
        ("GET  HTTP/1.1", 404), ("GET /callback?state=s3&code=a HTTP/9", 400), ("GET /favicon.ico HTTP/1.1", 404),
        ("GET /callback/?state=s3&code=a HTTP/1.1", 404), ("GET http://x/callback?state=s3&code=a HTTP/1.1", 404),
        ("POST /callback?state=s3&code=a HTTP/1.1", 405), ("HEAD /callback?state=s3&code=a HTTP/1.1", 405),
    ])
    func others(line: String, status: Int) { #expect(read(line) == .foreign(status: status)) }

    /// A page of another site can give its own name this machine's address.
    @Test(arguments: ["mail.example:4000", "127.0.0.1", "localhost:4000", "127.0.0.1:4000, x", "", nil])
    func otherHosts(host: String?) {
        #expect(read("GET /callback?state=s3&code=a HTTP/1.1", host: host) == .foreign(status: 421))
    }

    @Test func twoHosts() {
        let head = "GET /callback?state=s3&code=a HTTP/1.1\r\nHost: 127.0.0.1:4000\r\nhost: 127.0.0.1:4000"
        #expect(LoopbackRequest(head, host: "127.0.0.1:4000", state: "s3") == .foreign(status: 421))
    }

    @Test func theAnswerLoadsNothing() {
        let answer = LoopbackResponse(.callback(.code("secret-code")), Texts(.english)).text
        #expect(answer.contains("Content-Security-Policy: default-src 'none'"))
        #expect(answer.contains("Referrer-Policy: no-referrer") && answer.contains("Cache-Control: no-store"))
        #expect(!answer.contains("secret-code") && !answer.contains("http://") && !answer.contains("<script"))
    }
}
