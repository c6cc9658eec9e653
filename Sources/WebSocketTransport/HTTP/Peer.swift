import NIOCore

/// The other end of a connection.
public indirect enum Peer: Sendable, Hashable, CustomStringConvertible {
    /// A process on this machine, connected through a Unix socket.
    case unix
    /// An IP address in its usual text form, without a port.
    case address(String)
    /// An unknown client behind this peer. A proxy's header says that the peer forwards a request, but the peer is not
    /// trusted to name the client.
    case behind(Peer)

    /// Whether the peer is certainly on this machine.
    public var isLoopback: Bool {
        switch self {
        case .unix: true
        case .address(let text): IPAddress(text)?.isLoopback ?? false
        case .behind: false
        }
    }
}

extension Peer {
    /// The key by which connections from one place are counted: the address, or for IPv6 the network of 64 bits, which
    /// one customer has alone. Nil for this machine, and for a client behind an untrusted proxy on this machine.
    public var limitKey: String? {
        if isLoopback { return nil }
        switch self {
        case .unix: return nil
        case .behind(let proxy): return proxy.limitKey
        case .address(let text):
            // Some proxies add the port, which differs for each connection.
            guard let bytes = (IPAddress(text) ?? IPAddress(Self.withoutPort(text)))?.bytes else {
                return String(text.prefix(64))
            }
            let isV4 = bytes.count == 4
            return bytes.prefix(isV4 ? 4 : 8).map { "\($0)" }.joined(separator: isV4 ? "." : ":")
        }
    }

    /// Removes the port of `192.0.2.1:80` or `[2001:db8::1]:80`.
    private static func withoutPort(_ text: String) -> String {
        text.hasPrefix("[") ? String(text.dropFirst().prefix { $0 != "]" }) : String(text.prefix { $0 != ":" })
    }

    /// For a log: `192.0.2.1`, `unix`, or `behind 127.0.0.1`. An address from a proxy's header is shown as it arrived.
    public var description: String {
        switch self {
        case .unix: "unix"
        case .address(let text): String(text.prefix(64))
        case .behind(let proxy): "behind \(proxy.description)"
        }
    }

    /// The client at the other end, as trusted proxies report it.
    ///
    /// It is the last entry of `X-Forwarded-For` that is not itself a trusted proxy. Entries that name this machine are
    /// skipped like those: others may stand behind such a proxy, and a process on this machine gains nothing by forging
    /// one. If the entry is not an address (`unknown`, or an address with a port), it is kept as it arrived and never
    /// counts as this machine.
    ///
    /// Any other forwarding header only says that the sender is not the client. Only `X-Forwarded-For` of a trusted
    /// proxy says who the client is.
    init(of channel: any Channel, headers: HTTPHeaderFields, trusting proxies: TrustedProxies) {
        self.init(sender: channel.remoteAddress?.ipAddress, headers: headers, trusting: proxies)
    }

    /// Whether an entry of `X-Forwarded-For` names this machine. nginx writes `unix:` for its own Unix sockets.
    private static func isOfThisMachine(_ hop: String) -> Bool {
        hop == "unix:" || Peer.address(hop).isLoopback
    }

    /// - Parameter sender: The address of the sender; nil on a Unix socket.
    init(sender: String?, headers: HTTPHeaderFields, trusting proxies: TrustedProxies) {
        let itself = sender.map(Peer.address) ?? .unix
        let hops = headers.list("X-Forwarded-For")
        guard headers["X-Forwarded-For"] != nil else {
            self = ForwardingHeaders.stand(in: headers) ? .behind(itself) : itself
            return
        }
        guard proxies.contain(sender) else {
            self = .behind(itself)
            return
        }
        let client = hops.last { !proxies.contain($0) && !Self.isOfThisMachine($0) } ?? hops.first
        self = client.map(Peer.address) ?? .behind(itself)
    }
}

/// The proxies that are trusted to name their clients.
public struct TrustedProxies: Sendable, Hashable {
    public var ranges: [AddressRange]
    /// Whether the peers on the Unix socket are trusted proxies.
    public var includesUnixSocket: Bool

    public init(_ ranges: [AddressRange] = [], includesUnixSocket: Bool = false) {
        self.ranges = ranges
        self.includesUnixSocket = includesUnixSocket
    }

    /// - Parameter text: An address; nil for the Unix socket.
    func contain(_ text: String?) -> Bool {
        guard let text else { return includesUnixSocket }
        guard let address = IPAddress(text) else { return false }
        return ranges.contains { $0.contains(address) }
    }
}

/// Header fields by which proxies, load balancers and content networks show that they forward a request (RFC 7239; RFC
/// 9110, section 7.6.3; RFC 8586; and many that are not standardised).
enum ForwardingHeaders {
    private static let names: Set<String> = [
        "via", "client-ip", "true-client-ip", "proxy-client-ip", "wl-proxy-client-ip", "do-connecting-ip",
        "akamai-origin-hop", "front-end-https", "x-client-ip", "x-cluster-client-ip", "x-proxyuser-ip", "x-source-ip",
        "x-host", "x-scheme", "x-url-scheme", "x-varnish", "x-cloud-trace-context", "x-request-start",
        "x-bluecoat-via", "x-iinfo",
    ]
    /// No program on this machine has a reason to send fields with these prefixes. `x-client-info` and `x-request-id`
    /// are not among them, since clients send those.
    private static let beginnings = [
        "forwarded", "x-forward", "x-original-", "x-originating-", "x-real-", "x-remote-", "cdn-", "cf-", "cloudfront-",
        "fastly-", "fly-", "tailscale-", "x-akamai-", "x-amz-cf-", "x-amzn-", "x-appengine-", "x-arr-", "x-azure-",
        "x-envoy-", "x-google-", "x-haproxy-", "x-heroku-", "x-ms-", "x-nf-", "x-nginx-", "x-railway-", "x-render-",
        "x-traefik-", "x-vercel-",
    ]

    static func stand(in headers: HTTPHeaderFields) -> Bool {
        headers.fields.contains { field in
            // Some senders use underscores, as in the names of variables.
            let name = String(field.name.lowercased().map { $0 == "_" ? "-" : $0 })
            return names.contains(name) || beginnings.contains { name.hasPrefix($0) }
        }
    }
}
