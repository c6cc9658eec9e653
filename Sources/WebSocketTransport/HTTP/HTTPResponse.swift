/// An answer. The transport sets `Content-Length` and `Connection`.
public struct HTTPResponse: Sendable, Hashable {
    public var status: Int
    public var headers: HTTPHeaderFields
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaderFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer in one line of plain text.
    public init(status: Int, text: String, headers: HTTPHeaderFields = [:]) {
        self.init(status: status, headers: headers, body: Array((text + "\n").utf8))
        self.headers.append("Content-Type", "text/plain; charset=utf-8")
    }
}
