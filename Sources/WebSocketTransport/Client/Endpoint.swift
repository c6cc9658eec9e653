/// Where a server is.
public enum Endpoint: Sendable, Hashable {
    /// A name or IP address (without brackets).
    case tcp(host: String, port: Int, tls: Bool)
    case unix(path: String)

    /// The `Host` header that fits it: without the scheme's own port, an IPv6 address in brackets.
    var hostHeader: String {
        switch self {
        case .unix: "localhost"
        case .tcp(let host, let port, let tls):
            Self.bracketed(host) + (port == (tls ? 443 : 80) ? "" : ":\(port)")
        }
    }

    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}
