import NIOCore
import RateLimiting
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
/// many behind one address, get seven eighths. Those on which nobody has asked for anything yet, because TLS or the first
/// request is not done, are shared out by the same rule, with bounds of their own.
final class SocketCensus: Sendable {
    fileprivate struct Entry {
        var origin: SocketOrigin
        var isOpening = true
    }

    fileprivate struct State {
        var sockets: Shares
        var openings: Shares
        var rate: RateBuckets<String>?
        /// From which time is counted.
        let start = ContinuousClock.now
        var entries: [ObjectIdentifier: Entry] = [:]
        /// Refused, but with a descriptor still.
        var closing = 0
        var refused: [SocketRefusal: Int] = [:]
    }

    /// So many refused sockets may be on their way out beside all that are let in.
    private static let mostClosing = 4
    /// The most descriptors that sockets take beyond their limit: those, and one that each listener accepts before it pauses.
    static let mostBeyondLimit = 8

    private let most: Int?
    private let state: Mutex<State>

    init(_ limits: WebSocketLimits) {
        most = limits.sockets
        state = Mutex(
            State(
                sockets: Shares(most: limits.sockets, mostOfAddress: limits.addressSockets),
                openings: Shares(most: limits.openings, mostOfAddress: limits.addressOpenings),
                rate: limits.addressAccepts.map { RateBuckets(Rate(burst: $0)) }))
    }

    var count: Int { state.withLock(\.sockets.all) }
    /// How many of them have asked for nothing yet.
    var openings: Int { state.withLock(\.openings.all) }
    /// How many were refused since the start, by the bound that they were over.
    var refused: [SocketRefusal: Int] { state.withLock(\.refused) }

    /// Whether another socket can be accepted without touching the descriptors that are not for sockets.
    var hasRoom: Bool {
        guard let most else { return true }
        return state.withLock { $0.sockets.all + $0.closing < most + Self.mostClosing }
    }

    /// Counts a socket until ``remove(_:)``, or tells why it is one too many. One that is refused is removed as well, when it
    /// is closed.
    func add(_ socket: ObjectIdentifier, of origin: SocketOrigin, now: ContinuousClock.Instant) -> SocketRefusal? {
        state.withLock { state in
            if let refusal = state.refusal(of: origin, now: now) {
                state.refused[refusal, default: 0] += 1
                state.closing += 1
                return refusal
            }
            state.sockets.add(origin)
            state.openings.add(origin)
            state.entries[socket] = Entry(origin: origin)
            return nil
        }
    }

    /// Its first request is here.
    func begin(_ socket: ObjectIdentifier) {
        state.withLock { state in
            guard let entry = state.entries[socket], entry.isOpening else { return }
            state.entries[socket]?.isOpening = false
            state.openings.remove(entry.origin)
        }
    }

    func remove(_ socket: ObjectIdentifier) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: socket) else {
                state.closing -= 1
                return
            }
            state.sockets.remove(entry.origin)
            if entry.isOpening { state.openings.remove(entry.origin) }
        }
    }
}

extension SocketCensus.State {
    fileprivate mutating func refusal(of origin: SocketOrigin, now: ContinuousClock.Instant) -> SocketRefusal? {
        // Also of those that are refused for something else: each costs an accept.
        if opensTooMany(origin, now) { return .addressAccepts }
        switch sockets.excess(of: origin) {
        case .address: return .addressSockets
        case .all: return .sockets
        case nil: break
        }
        switch openings.excess(of: origin) {
        case .address: return .addressOpenings
        case .all: return .openings
        case nil: return nil
        }
    }

    private mutating func opensTooMany(_ origin: SocketOrigin, _ now: ContinuousClock.Instant) -> Bool {
        guard case .address(let address) = origin else { return false }
        let time = Int64((now - start) / .nanoseconds(1))
        let wait = rate?.take(of: address, at: time) ?? nil
        return wait != nil
    }
}

/// What is shared out among origins.
private struct Shares {
    enum Excess { case all, address }

    private(set) var all = 0
    private var byOrigin: [SocketOrigin: Int] = [:]
    private let most: Int
    private let mostOfAddress: Int

    /// - Parameters:
    ///   - most: All together; nil for no limit.
    ///   - mostOfAddress: Of one address that is no trusted proxy's, and not this machine's; nil for no limit.
    init(most: Int?, mostOfAddress: Int?) {
        self.most = most ?? .max
        self.mostOfAddress = mostOfAddress ?? .max
    }

    /// Which bound another one would be over.
    func excess(of origin: SocketOrigin) -> Excess? {
        let (own, free) = (byOrigin[origin, default: 0], most - all)
        if free <= 0 { return .all }
        switch origin {
        case .address:
            if own >= mostOfAddress { return .address }
            return own >= free ? .all : nil
        case .unix, .loopback, .proxy:
            return own >= most - most / 8 ? .all : nil
        }
    }

    mutating func add(_ origin: SocketOrigin) {
        all += 1
        byOrigin[origin, default: 0] += 1
    }

    mutating func remove(_ origin: SocketOrigin) {
        all -= 1
        let left = byOrigin[origin, default: 1] - 1
        byOrigin[origin] = left > 0 ? left : nil
    }
}

/// Which bound a socket was over, when it was accepted.
public enum SocketRefusal: String, CaseIterable, Sendable, Hashable, Error {
    /// All together.
    case sockets
    case addressSockets = "address_sockets"
    /// How many its address opens in a second.
    case addressAccepts = "address_accepts"
    /// Those that have asked for nothing yet, all together.
    case openings
    case addressOpenings = "address_openings"
}
