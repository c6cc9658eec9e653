import Formats

/// A request as the application sees it. The body was read and discarded.
public struct HTTPRequest: Sendable, Hashable {
    public var method: String
    /// The target as it arrived: path and query, percent-encoded.
    public var rawTarget: String
    /// The path, percent-decoded. It contains whatever the client wrote, `..` and control characters included.
    public var path: String
    /// The query's pairs in order, decoded as a form: `+` is a space. A name without `=` has an empty value.
    public var query: [Parameter]
    public var headers: HTTPHeaderFields
    /// The other end of the connection.
    public var peer: Peer

    public struct Parameter: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(method: String = "GET", target: String, headers: HTTPHeaderFields = [:], peer: Peer = .unix) {
        self.method = method
        self.rawTarget = target
        self.headers = headers
        self.peer = peer

        // A target in absolute form has scheme and host first (RFC 9112, section 3.2.2).
        var rest = target[...]
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            rest = target.dropFirst(scheme.count).drop { !"/?#".contains($0) }
        }
        rest = rest.prefix { $0 != "#" }
        let path = rest.prefix { $0 != "?" }
        self.path = path.isEmpty ? "/" : PercentEncoding.decode(path)
        query = rest.dropFirst(path.count + 1).split(separator: "&").map { pair in
            let name = pair.prefix { $0 != "=" }
            let value = pair.dropFirst(name.count + 1)
            return Parameter(
                name: PercentEncoding.decode(name, plusIsSpace: true),
                value: PercentEncoding.decode(value, plusIsSpace: true))
        }
    }

    /// The value of the first parameter of that name.
    public func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
