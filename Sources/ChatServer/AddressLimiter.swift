import ChatWire
import Synchronization

/// How much one address may do; nil for no limit.
public struct AddressLimits: Sendable, Hashable {
    /// Open at once.
    public var connections: Int?
    /// Opened at once, and a tenth of it a second after that.
    public var handshakes: Int?

    public init(connections: Int? = nil, handshakes: Int? = nil) {
        self.connections = connections
        self.handshakes = handshakes
    }
}

/// Why an address gets no connection now, and in how many seconds to try again.
struct AddressRefusal: Sendable, Hashable {
    var reason: ConnectionRefusal
    var retryAfter: Int
}

/// Counts connections by the address that they come from. Whoever has none, because they are on this machine, is not counted.
public final class AddressLimiter: Sendable {
    private struct State {
        var open: [String: Int] = [:]
        var handshakes: RateBuckets<String>?
    }

    private let most: Int?
    private let state: Mutex<State>

    public init(_ limits: AddressLimits) {
        most = limits.connections
        let buckets = limits.handshakes.map {
            RateBuckets<String>(MessageRate(burst: $0, perSecond: max(1, $0 / 10)))
        }
        state = Mutex(State(handshakes: buckets))
    }

    /// Nil if another connection may be opened.
    func refusal(of address: String?, now: Timestamp) -> AddressRefusal? {
        guard let address else { return nil }
        return state.withLock { state in
            if let milliseconds = state.handshakes?.take(of: address, at: now) ?? nil {
                return AddressRefusal(reason: .addressHandshakes, retryAfter: max(1, (milliseconds + 999) / 1000))
            }
            guard let most, state.open[address, default: 0] >= most else { return nil }
            return AddressRefusal(reason: .addressConnections, retryAfter: 10)
        }
    }

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

    /// How many addresses are kept in mind for their open connections.
    var count: Int { state.withLock { $0.open.count } }
}
