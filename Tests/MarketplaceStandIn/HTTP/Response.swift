/// An answer.
public struct Response: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func json(_ value: JSON, status: Int = 200, headers: [(name: String, value: String)] = []) -> Response {
        Response(
            status: status, headers: [("Content-Type", "application/json")] + headers, body: Array(value.text.utf8))
    }

    static func page(_ html: String, status: Int = 200) -> Response {
        Response(status: status, headers: [("Content-Type", "text/html; charset=utf-8")], body: Array(html.utf8))
    }

    static func redirect(to address: String, status: Int = 302) -> Response {
        Response(status: status, headers: [("Location", address)])
    }
}
