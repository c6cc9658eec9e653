import NIOCore

/// The other end of a connection.
public enum Peer: Sendable, Hashable {
    /// A process on this machine, through a Unix socket.
    case unix
    /// An IP address in its usual text form, without a port.
    case address(String)

    /// Whether the peer is on this machine.
    public var isLoopback: Bool {
        switch self {
        case .unix: true
        case .address(let text): IPAddress(text)?.isLoopback ?? false
        }
    }
}

extension Peer {
    /// The client at the other end, looking through proxies that are trusted to name it: the last address in
    /// `X-Forwarded-For` that is no such proxy's own.
    init(of channel: any Channel, headers: HTTPHeaderFields, trusting proxies: [AddressRange]) {
        guard let text = channel.remoteAddress?.ipAddress else {
            self = .unix
            return
        }
        var client = text
        for next in headers.list("X-Forwarded-For").reversed() {
            guard let hop = IPAddress(client), proxies.contains(where: { $0.contains(hop) }), IPAddress(next) != nil
            else { break }
            client = next
        }
        self = .address(client)
    }
}
