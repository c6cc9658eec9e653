import NIOCore

/// The other end of a connection.
public indirect enum Peer: Sendable, Hashable {
    /// A process on this machine, through a Unix socket.
    case unix
    /// An IP address in its usual text form, without a port.
    case address(String)
    /// Somebody on whose behalf this peer says it asks (`X-Forwarded-For`), without being trusted to say for whom.
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

    /// The client at the other end, looking through proxies that are trusted to name it: the last entry of
    /// `X-Forwarded-For` that is no such proxy's own. Where that is no address (`unknown`, or one with a port), it stands
    /// as it came, and is nobody's on this machine.
    init(of channel: any Channel, headers: HTTPHeaderFields, trusting proxies: [AddressRange]) {
        let sender = channel.remoteAddress?.ipAddress
        let hops = headers.list("X-Forwarded-For")
        func isTrusted(_ text: String) -> Bool {
            guard let address = IPAddress(text) else { return false }
            return proxies.contains { $0.contains(address) }
        }
        guard headers["X-Forwarded-For"] == nil || sender.map(isTrusted) == true else {
            self = .behind(sender.map(Peer.address) ?? .unix)
            return
        }
        let client = hops.last { !isTrusted($0) } ?? hops.first ?? sender
        self = client.map(Peer.address) ?? .unix
    }
}
