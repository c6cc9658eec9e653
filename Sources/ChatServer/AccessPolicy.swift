import Formats

/// Who may connect while nobody has to prove who they are (`--auth none`): programs on this machine, and no web page.
///
/// A page in a browser can reach loopback too, but it cannot hide its `Origin`; a name that was made to point at
/// loopback (DNS rebinding) shows in `Host`; a proxy that lets strangers in shows in `X-Forwarded-For`, by which the
/// transport tells whether the client itself is on this machine.
public struct AccessPolicy: Sendable {
    /// Origins allowed besides loopback's.
    public var allowedOrigins: Set<WebOrigin>
    /// The operator said `--insecure-allow-remote`: any host may connect, under any name, through any proxy.
    public var allowsRemote: Bool

    public init(allowedOrigins: Set<WebOrigin> = [], allowsRemote: Bool = false) {
        self.allowedOrigins = allowedOrigins
        self.allowsRemote = allowsRemote
    }

    /// Whether an upgrade or a GET with these headers is served. `OPTIONS` always is.
    /// - `isLocal`: The client is known to be on this machine, no stranger behind a proxy.
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

    /// `host` or `host:port`, where host is `localhost`, 127.0.0.0/8 or `[::1]` (RFC 9110, section 7.2).
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
