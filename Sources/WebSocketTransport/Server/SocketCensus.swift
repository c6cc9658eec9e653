import NIOCore
import Synchronization

/// Where a socket comes from, as sockets are counted.
enum SocketOrigin: Hashable, Sendable {
    case unix
    case loopback
    /// A proxy that is trusted: its sockets are those of many.
    case proxy
    /// An address, or a network of IPv6, see ``Peer/limitKey``.
    case address(String)

    /// - Parameter sender: An address; nil on a Unix socket.
    init(_ sender: String?, trusting proxies: TrustedProxies) {
        guard let sender else {
            self = .unix
            return
        }
        let key = Peer.address(sender).limitKey
        self = proxies.contain(sender) ? .proxy : key.map(SocketOrigin.address) ?? .loopback
    }
}

/// Counts a server's sockets from the accept to the close, whatever is spoken on them, and says which are too many.
///
/// There is always room for somebody new: an address may have as many sockets as are free, so one alone gets half of
/// them, two get a third each, and those that have most are refused first. This machine and trusted proxies, which are
/// many behind one address, get seven eighths.
final class SocketCensus: Sendable {
    private struct State {
        var all = 0
        var byOrigin: [SocketOrigin: Int] = [:]
        var refused = 0
    }

    private let most: Int
    private let mostOfAddress: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - most: All together; nil for no limit.
    ///   - mostOfAddress: Of one address that is no trusted proxy's, and not this machine's; nil for no limit.
    init(most: Int?, mostOfAddress: Int?) {
        self.most = most ?? .max
        self.mostOfAddress = mostOfAddress ?? .max
    }

    var count: Int { state.withLock(\.all) }
    /// How many were refused since the start.
    var refused: Int { state.withLock(\.refused) }

    /// Counts a socket until ``remove(_:)``, or tells why it is one too many.
    func add(_ origin: SocketOrigin) -> SocketRefusal? {
        state.withLock { state in
            let own = state.byOrigin[origin, default: 0]
            if let refusal = refusal(own: own, of: origin, free: most - state.all) {
                state.refused += 1
                return refusal
            }
            state.all += 1
            state.byOrigin[origin] = own + 1
            return nil
        }
    }

    private func refusal(own: Int, of origin: SocketOrigin, free: Int) -> SocketRefusal? {
        if free <= 0 { return .all }
        switch origin {
        case .address:
            if own >= mostOfAddress { return .address }
            return own >= free ? .all : nil
        case .unix, .loopback, .proxy:
            return own >= most - most / 8 ? .all : nil
        }
    }

    func remove(_ origin: SocketOrigin) {
        state.withLock { state in
            state.all -= 1
            let left = state.byOrigin[origin, default: 1] - 1
            state.byOrigin[origin] = left > 0 ? left : nil
        }
    }
}

/// Which bound a socket was over, when it was accepted.
public enum SocketRefusal: String, Sendable, Hashable, Error {
    /// Of all together.
    case all
    /// Of its address.
    case address
}
