import NIOCore

/// The other end of a connection.
public indirect enum Peer: Sendable, Hashable, CustomStringConvertible {
    /// A process on this machine, through a Unix socket.
    case unix
    /// An IP address in its usual text form, without a port.
    case address(String)
    /// Somebody on whose behalf this peer asks, as some header of a proxy's tells, without being trusted to say for whom.
    case behind(Peer)

    /// Whether the peer is known to be on this machine.
    public var isLoopback: Bool {
        switch self {
        case .unix: true
        case .address(let text): IPAddress(text)?.isLoopback ?? false
        case .behind: false
        }
    }
}

extension Peer {
    /// By what connections from one place are counted: the address, and of IPv6 the network of 64 bits, which one customer
    /// has to themselves. Nil for this machine, and for whoever a proxy on this machine speaks for without being trusted.
    public var limitKey: String? {
        if isLoopback { return nil }
        switch self {
        case .unix: return nil
        case .behind(let proxy): return proxy.limitKey
        case .address(let text):
            // Some proxies name a port as well, another one for each connection.
            guard let bytes = (IPAddress(text) ?? IPAddress(Self.withoutPort(text)))?.bytes else {
                return String(text.prefix(64))
            }
            let isV4 = bytes.count == 4
            return bytes.prefix(isV4 ? 4 : 8).map { "\($0)" }.joined(separator: isV4 ? "." : ":")
        }
    }

    /// Of `192.0.2.1:80` and `[2001:db8::1]:80`.
    private static func withoutPort(_ text: String) -> String {
        text.hasPrefix("[") ? String(text.dropFirst().prefix { $0 != "]" }) : String(text.prefix { $0 != ":" })
    }

    /// For a log: `192.0.2.1`, `unix`, or `behind 127.0.0.1`. An address that a proxy named stands as it came.
    public var description: String {
        switch self {
        case .unix: "unix"
        case .address(let text): String(text.prefix(64))
        case .behind(let proxy): "behind \(proxy.description)"
        }
    }

    /// The client at the other end, looking through proxies that are trusted to name it: the last entry of
    /// `X-Forwarded-For` that is no such proxy's own, nor of one on this machine behind which others stand: it may have passed
    /// them on, and who is on this machine gains nothing by naming them. Where that is no address (`unknown`, or one with a port), it stands
    /// as it came, and is nobody's on this machine.
    ///
    /// Any other header that proxies add says that the sender is not the client; who is, only `X-Forwarded-For` of a
    /// trusted proxy tells.
    init(of channel: any Channel, headers: HTTPHeaderFields, trusting proxies: TrustedProxies) {
        self.init(sender: channel.remoteAddress?.ipAddress, headers: headers, trusting: proxies)
    }

    /// An entry of `X-Forwarded-For`; nginx writes `unix:` for its own Unix sockets.
    private static func isOfThisMachine(_ hop: String) -> Bool {
        hop == "unix:" || Peer.address(hop).isLoopback
    }

    /// - Parameter sender: Nil on a Unix socket.
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

/// Who is believed to say for whom they ask.
public struct TrustedProxies: Sendable, Hashable {
    public var ranges: [AddressRange]
    /// Whether whoever may use the Unix socket is one.
    public var includesUnixSocket: Bool

    public init(_ ranges: [AddressRange] = [], includesUnixSocket: Bool = false) {
        self.ranges = ranges
        self.includesUnixSocket = includesUnixSocket
    }

    /// - Parameter text: An address; nil is the Unix socket.
    func contain(_ text: String?) -> Bool {
        guard let text else { return includesUnixSocket }
        guard let address = IPAddress(text) else { return false }
        return ranges.contains { $0.contains(address) }
    }
}

/// The header fields by which proxies, load balancers and content networks tell that they pass a request on
/// (RFC 7239; RFC 9110, section 7.6.3; RFC 8586; and the many that nobody wrote down).
enum ForwardingHeaders {
    private static let names: Set<String> = [
        "via", "client-ip", "true-client-ip", "proxy-client-ip", "wl-proxy-client-ip", "do-connecting-ip",
        "akamai-origin-hop", "front-end-https", "x-client-ip", "x-cluster-client-ip", "x-proxyuser-ip", "x-source-ip",
        "x-host", "x-scheme", "x-url-scheme", "x-varnish", "x-cloud-trace-context", "x-request-start",
        "x-bluecoat-via", "x-iinfo",
    ]
    /// No program on this machine has reason to send anything of these families; `x-client-info` and `x-request-id` are
    /// sent by clients.
    private static let beginnings = [
        "forwarded", "x-forward", "x-original-", "x-originating-", "x-real-", "x-remote-", "cdn-", "cf-", "cloudfront-",
        "fastly-", "fly-", "tailscale-", "x-akamai-", "x-amz-cf-", "x-amzn-", "x-appengine-", "x-arr-", "x-azure-",
        "x-envoy-", "x-google-", "x-haproxy-", "x-heroku-", "x-ms-", "x-nf-", "x-nginx-", "x-railway-", "x-render-",
        "x-traefik-", "x-vercel-",
    ]

    static func stand(in headers: HTTPHeaderFields) -> Bool {
        headers.fields.contains { field in
            // Some write them as their variables are named.
            let name = String(field.name.lowercased().map { $0 == "_" ? "-" : $0 })
            return names.contains(name) || beginnings.contains { name.hasPrefix($0) }
        }
    }
}
