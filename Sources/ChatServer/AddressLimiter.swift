import ChatWire
import RateLimiting
import Synchronization

/// The limits of one network address. Nil means no limit.
public struct AddressLimits: Sendable, Hashable {
    /// The number of connections that are open at the same time.
    public var connections: Int?
    /// The burst of new connections. A tenth of it is allowed per second after that.
    public var handshakes: Int?
    /// The burst of HTTP requests other than upgrades. A tenth of it is allowed per second after that.
    public var requests: Int?

    public init(connections: Int? = nil, handshakes: Int? = nil, requests: Int? = nil) {
        self.connections = connections
        self.handshakes = handshakes
        self.requests = requests
    }
}

/// The reason why an address gets no connection now, and the number of seconds until it may try again.
struct AddressRefusal: Sendable, Hashable {
    var reason: ConnectionRefusal
    var retryAfter: Int
}

/// Counts connections and requests by network address. A client on this machine has no address here and is not counted.
public final class AddressLimiter: Sendable {
    private struct State {
        var open: [String: Int] = [:]
        var handshakes: RateBuckets<String>?
        var requests: RateBuckets<String>?
    }

    private let maxConnections: Int?
    private let state: Mutex<State>

    public init(_ limits: AddressLimits) {
        maxConnections = limits.connections
        state = Mutex(
            State(handshakes: Self.buckets(of: limits.handshakes), requests: Self.buckets(of: limits.requests)))
    }

    private static func buckets(of burst: Int?) -> RateBuckets<String>? {
        burst.map { RateBuckets(Rate(burst: $0)) }
    }

    /// Returns nil if another connection may be opened.
    func refusal(of address: String?, now: Timestamp) -> AddressRefusal? {
        guard let address else { return nil }
        return state.withLock { state in
            if let milliseconds = state.handshakes?.take(of: address, at: now) ?? nil {
                return AddressRefusal(reason: .addressHandshakes, retryAfter: Self.seconds(milliseconds))
            }
            guard let maxConnections, state.open[address, default: 0] >= maxConnections else { return nil }
            return AddressRefusal(reason: .addressConnections, retryAfter: 10)
        }
    }

    /// Takes permits for connections that the address has opened at another node.
    func charge(handshakes count: Int, to address: String, now: Timestamp) {
        state.withLock { $0.handshakes?.charge(count, to: address, at: now) }
    }

    /// Takes a permit for a request.
    /// - Returns: nil if the request is answered now, otherwise the number of seconds until one would be.
    func wait(forRequestOf address: String?, now: Timestamp) -> Int? {
        guard let address else { return nil }
        return state.withLock { $0.requests?.take(of: address, at: now) ?? nil }.map(Self.seconds)
    }

    private static func seconds(_ milliseconds: Int) -> Int { max(1, (milliseconds + 999) / 1000) }

    func opened(_ address: String?) {
        guard let address else { return }
        state.withLock { $0.open[address, default: 0] += 1 }
    }

    func closed(_ address: String?) {
        guard let address else { return }
        state.withLock { state in
            let left = state.open[address, default: 1] - 1
            state.open[address] = left > 0 ? left : nil
        }
    }

    /// The number of addresses that have open connections.
    var count: Int { state.withLock { $0.open.count } }
}
