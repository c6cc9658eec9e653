import NIOCore
import RateLimiting
import Synchronization

/// The origin of a socket, by which sockets are counted.
enum SocketOrigin: Hashable, Sendable {
    case unix
    case loopback
    /// A trusted proxy. Its sockets serve many clients.
    case proxy
    /// An address or an IPv6 network, see ``Peer/limitKey``.
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

/// Counts a server's sockets from accept to close, HTTP and WebSocket together, and decides which are too many.
///
/// There is always room for a new origin. An address may have as many sockets as are free: one alone gets half of them,
/// two get a third each, and those with the most are refused first. This machine and trusted proxies stand for many
/// clients each and get seven eighths. Opening sockets, whose TLS or first request is not complete, are shared by the
/// same rule, with limits of their own.
final class SocketLimiter: Sendable {
    fileprivate struct Entry {
        var origin: SocketOrigin
        var isOpening = true
    }

    fileprivate struct State {
        var sockets: Shares
        var openings: Shares
        var rate: RateBuckets<String>?
        /// The origin of the times in the rate limiter.
        let start = ContinuousClock.now
        var entries: [ObjectIdentifier: Entry] = [:]
        /// The number of refused sockets that are not closed yet.
        var closing = 0
        var refused: [SocketRefusal: Int] = [:]
    }

    /// The most refused sockets that may be closing, in addition to the admitted ones.
    private static let maxClosing = 4
    /// The most descriptors that sockets use beyond their limit: those that are closing, and one that each listener
    /// accepts before it pauses.
    static let maxBeyondLimit = 8

    private let most: Int?
    private let state: Mutex<State>

    init(_ limits: WebSocketLimits) {
        most = limits.sockets
        state = Mutex(
            State(
                sockets: Shares(most: limits.sockets, maxPerAddress: limits.addressSockets),
                openings: Shares(most: limits.openings, maxPerAddress: limits.addressOpenings),
                rate: limits.addressAccepts.map { RateBuckets(Rate(burst: $0)) }))
    }

    var count: Int { state.withLock(\.sockets.all) }
    /// The number of opening sockets.
    var openings: Int { state.withLock(\.openings.all) }
    /// The number of refused sockets since the start, by the limit they exceeded.
    var refused: [SocketRefusal: Int] { state.withLock(\.refused) }

    /// Whether another socket can be accepted without using a reserved descriptor.
    var hasRoom: Bool {
        guard let most else { return true }
        return state.withLock { $0.sockets.all + $0.closing < most + Self.maxClosing }
    }

    /// Counts a socket until ``remove(_:)``. A refused socket must be removed as well when it is closed.
    /// - Returns: nil, or the limit that the socket exceeds.
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

    /// The first request of a socket has arrived.
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

extension SocketLimiter.State {
    fileprivate mutating func refusal(of origin: SocketOrigin, now: ContinuousClock.Instant) -> SocketRefusal? {
        // The rate also counts sockets that are refused for another reason, since each costs an accept.
        if exceedsAcceptRate(origin, now) { return .addressAccepts }
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

    private mutating func exceedsAcceptRate(_ origin: SocketOrigin, _ now: ContinuousClock.Instant) -> Bool {
        guard case .address(let address) = origin else { return false }
        let time = Int64((now - start) / .nanoseconds(1))
        let wait = rate?.take(of: address, at: time) ?? nil
        return wait != nil
    }
}

/// Shares a number of sockets among origins.
private struct Shares {
    enum Excess { case all, address }

    private(set) var all = 0
    private var byOrigin: [SocketOrigin: Int] = [:]
    private let most: Int
    private let maxPerAddress: Int

    /// - Parameters:
    ///   - most: The limit for all together; nil for none.
    ///   - maxPerAddress: The limit for one address; nil for none. This machine and trusted proxies are exempt.
    init(most: Int?, maxPerAddress: Int?) {
        self.most = most ?? .max
        self.maxPerAddress = maxPerAddress ?? .max
    }

    /// The limit that another socket would exceed.
    func excess(of origin: SocketOrigin) -> Excess? {
        let (own, free) = (byOrigin[origin, default: 0], most - all)
        if free <= 0 { return .all }
        switch origin {
        case .address:
            if own >= maxPerAddress { return .address }
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

/// The limit that a socket exceeded when it was accepted.
public enum SocketRefusal: String, CaseIterable, Sendable, Hashable, Error {
    /// The number of all sockets.
    case sockets
    case addressSockets = "address_sockets"
    /// The rate at which its address opens sockets.
    case addressAccepts = "address_accepts"
    /// The number of all opening sockets.
    case openings
    case addressOpenings = "address_openings"
}
