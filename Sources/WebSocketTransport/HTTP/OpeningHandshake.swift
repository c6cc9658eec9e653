import Formats
import NIOHTTP1

/// The rules of the upgrade from HTTP (RFC 6455, section 4).
enum OpeningHandshake {
    /// The value of `Sec-WebSocket-Accept` for a key. It proves that the server speaks WebSocket and did not just echo
    /// the request.
    static func accept(for key: String) -> String {
        Base64.encode(SHA1.digest(of: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// Whether it is the Base64 of 16 bytes.
    static func isKey(_ text: String) -> Bool { Base64.decode(text)?.count == 16 }

    /// A client's key: 16 random bytes.
    static func makeKey() -> String { Base64.encode((0..<16).map { _ in UInt8.random(in: 0 ... .max) }) }

    /// Whether the request asks for a WebSocket, correctly or not.
    static func isAsked(by headers: HTTPHeaderFields) -> Bool { headers.listContains("Upgrade", "websocket") }

    /// A server's checks (section 4.2.1).
    /// - Returns: the request's key.
    /// - Throws: the answer that says what is wrong.
    static func check(method: HTTPMethod, version: HTTPVersion, headers: HTTPHeaderFields) throws(Refusal) -> String {
        guard method == .GET, version.minor >= 1 else {
            throw Refusal(response: HTTPResponse(status: 400, text: "A WebSocket is opened by a GET of HTTP/1.1"))
        }
        guard headers.listContains("Connection", "upgrade") else {
            throw Refusal(response: HTTPResponse(status: 400, text: "The header Connection: Upgrade is missing"))
        }
        guard headers.list("Sec-WebSocket-Version") == ["13"] else {
            throw Refusal(
                response: HTTPResponse(
                    status: 426, text: "Only version 13 of WebSocket is spoken here",
                    headers: ["Sec-WebSocket-Version": "13", "Upgrade": "websocket"]))
        }
        let keys = headers.values(of: "Sec-WebSocket-Key")
        guard keys.count == 1, let key = keys.first, isKey(key) else {
            throw Refusal(response: HTTPResponse(status: 400, text: "Sec-WebSocket-Key is missing or wrong"))
        }
        return key
    }

    struct Refusal: Error {
        var response: HTTPResponse
    }

    /// A client's checks (section 4.1): nil if the answer opens the WebSocket, otherwise what is wrong with it.
    static func fault(in head: HTTPResponseHead, key: String) -> String? {
        let headers = HTTPHeaderFields(head.headers)
        if !headers.listContains("Upgrade", "websocket") || !headers.listContains("Connection", "upgrade") {
            return "the server's answer upgrades to something else"
        }
        if headers.values(of: "Sec-WebSocket-Accept") != [accept(for: key)] {
            return "the server's answer has the wrong key"
        }
        if headers["Sec-WebSocket-Extensions"] != nil { return "the server chose an extension that was not offered" }
        if headers["Sec-WebSocket-Protocol"] != nil { return "the server chose a subprotocol that was not offered" }
        return nil
    }
}
