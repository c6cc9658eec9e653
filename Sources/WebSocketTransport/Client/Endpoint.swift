/// The address of a server.
public enum Endpoint: Sendable, Hashable {
    /// `host` is a name or an IP address without brackets.
    case tcp(host: String, port: Int, tls: Bool)
    case unix(path: String)

    /// The `Host` header for this endpoint. It leaves out the scheme's default port, and puts an IPv6 address in
    /// brackets.
    var hostHeader: String {
        switch self {
        case .unix: "localhost"
        case .tcp(let host, let port, let tls):
            Self.bracketed(host) + (port == (tls ? 443 : 80) ? "" : ":\(port)")
        }
    }

    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}
