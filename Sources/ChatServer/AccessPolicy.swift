import Formats

/// Decides who may connect to a server that asks for no proof of identity (`--auth none`): programs on this machine,
/// but no web page.
///
/// A page in a browser can reach loopback too, but it cannot hide its `Origin`. A name that was made to point at
/// loopback (DNS rebinding) shows in `Host`. A proxy that lets others in shows in `X-Forwarded-For`: from it the
/// transport tells whether the client itself is on this machine.
public struct AccessPolicy: Sendable {
    /// The origins that are allowed besides those of loopback.
    public var allowedOrigins: Set<WebOrigin>
    /// Whether the operator gave `--insecure-allow-remote`. If so, any host may connect, under any name, through any
    /// proxy.
    public var allowsRemote: Bool

    public init(allowedOrigins: Set<WebOrigin> = [], allowsRemote: Bool = false) {
        self.allowedOrigins = allowedOrigins
        self.allowsRemote = allowsRemote
    }

    /// Whether an upgrade or a GET request with these headers is served. `OPTIONS` always is.
    /// - `isLocal`: Whether the client is known to be on this machine, and not behind a proxy.
    public func admits(origin: String?, host: String?, isLocal: Bool) -> Bool {
        if let origin, !isAllowed(origin), !Self.isLoopback(origin: origin) { return false }
        if allowsRemote { return true }
        if let host, !Self.isLoopback(host: host) { return false }
        return isLocal
    }

    private func isAllowed(_ origin: String) -> Bool {
        WebOrigin(origin).map(allowedOrigins.contains) ?? false
    }

    private static func isLoopback(origin: String) -> Bool {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return isLoopback(host: String(origin.dropFirst(scheme.count)))
        }
        return false
    }

    /// Accepts `host` or `host:port`, where the host is `localhost`, in 127.0.0.0/8, or `[::1]` (RFC 9110, section
    /// 7.2).
    static func isLoopback(host: String) -> Bool {
        let name: Substring
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            name = host[host.index(after: host.startIndex)..<end]
            guard isPort(host[host.index(after: end)...]) else { return false }
        } else {
            name = host.prefix { $0 != ":" }
            guard isPort(host.dropFirst(name.count)) else { return false }
        }
        return Loopback.contains(host: name)
    }

    private static func isPort(_ rest: Substring) -> Bool {
        rest.isEmpty || rest.first == ":" && rest.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
    }
}
