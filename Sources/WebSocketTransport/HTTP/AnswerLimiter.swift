import DequeModule
import Synchronization

/// Limits what HTTP answers cost a server: the number of answers being made, and the bytes that wait for clients. It
/// counts for each address and for all together.
final class AnswerLimiter: Sendable {
    /// An answer of up to this size is never refused. The number of connections bounds those.
    static let smallBytes = 16 * 1024
    private static let maxMade = 32
    private static let maxMadePerAddress = 8
    private static let maxWaiting = 4096
    /// The most requests of one address that may wait, so that others find room.
    static let maxWaitingPerAddress = 512

    private typealias Waiter = CheckedContinuation<Bool, Never>

    private struct State {
        var made = 0
        var madeFor: [String: Int] = [:]
        /// Waiting requests by address. Addresses take turns: however many requests one address makes, another waits
        /// for only one of them.
        var waiters: [String?: Deque<Waiter>] = [:]
        /// The order in which the addresses have their turns.
        var turns: Deque<String?> = []
        var waiting = 0
        var bytes = 0
        var bytesFor: [String: Int] = [:]

        func mayMake(for key: String?) -> Bool {
            made < maxMade && key.map { madeFor[$0, default: 0] < maxMadePerAddress } ?? true
        }

        /// - Returns: false if too many wait already.
        mutating func wait(_ waiter: Waiter, for key: String?) -> Bool {
            let own = waiters[key]?.count ?? 0
            let most = key == nil ? maxWaiting - maxWaiting / 8 : maxWaitingPerAddress
            if waiting >= maxWaiting || own >= most { return false }
            if own == 0 { turns.append(key) }
            waiters[key, default: []].append(waiter)
            waiting += 1
            return true
        }

        /// The next request whose answer may be made. It is counted already.
        mutating func nextWaiter() -> Waiter? {
            guard let place = turns.firstIndex(where: { mayMake(for: $0) }) else { return nil }
            let key = turns.remove(at: place)
            guard let waiter = waiters[key]?.popFirst() else { return nil }
            if waiters[key]?.isEmpty == true { waiters[key] = nil } else { turns.append(key) }
            waiting -= 1
            change(key, by: 1)
            return waiter
        }

        mutating func change(_ key: String?, by change: Int) {
            made += change
            guard let key else { return }
            let count = madeFor[key, default: 0] + change
            madeFor[key] = count > 0 ? count : nil
        }
    }

    private let maxBytes: Int?
    private let maxBytesPerAddress: Int?
    private let state = Mutex(State())

    init(_ limits: WebSocketLimits) {
        maxBytes = limits.answerBytes
        maxBytesPerAddress = limits.addressAnswerBytes
    }

    /// The number of requests that wait for their turn.
    var waiting: Int { state.withLock(\.waiting) }

    /// The number of bytes held for clients.
    var bytes: Int { state.withLock(\.bytes) }

    // MARK: Making

    /// Waits until the answer may be made. The turn lasts until ``endTurn(for:)``.
    /// - Parameter key: The address (``Peer/limitKey``); nil for this machine, which has no limit.
    /// - Returns: false if too many wait already. There is no turn then.
    func turn(for key: String?) async -> Bool {
        await withCheckedContinuation { continuation in
            let isTurn = state.withLock { state -> Bool? in
                if state.mayMake(for: key) {
                    state.change(key, by: 1)
                    return true
                }
                return state.wait(continuation, for: key) ? nil : false
            }
            if let isTurn { continuation.resume(returning: isTurn) }
        }
    }

    func endTurn(for key: String?) {
        let next = state.withLock { state -> Waiter? in
            state.change(key, by: -1)
            return state.nextWaiter()
        }
        next?.resume(returning: true)
    }

    // MARK: Bytes

    /// Reserves bytes that wait for a client. The reservation lasts as long as the returned object; nil if there are
    /// too many bytes.
    func hold(bytes: Int, for key: String?) -> Hold? {
        let isGiven = state.withLock { state in
            let own = key.map { state.bytesFor[$0, default: 0] } ?? 0
            let isTooMuch =
                maxBytes.map { state.bytes + bytes > $0 } ?? false
                || key != nil && maxBytesPerAddress.map { own + bytes > $0 } ?? false
            if isTooMuch, bytes > Self.smallBytes { return false }
            state.bytes += bytes
            if let key { state.bytesFor[key] = own + bytes }
            return true
        }
        return isGiven ? Hold(limiter: self, bytes: bytes, key: key) : nil
    }

    private func release(_ hold: Hold) {
        state.withLock { state in
            state.bytes -= hold.bytes
            guard let key = hold.key else { return }
            let left = state.bytesFor[key, default: 0] - hold.bytes
            state.bytesFor[key] = left > 0 ? left : nil
        }
    }

    final class Hold: Sendable {
        private let limiter: AnswerLimiter
        fileprivate let bytes: Int
        fileprivate let key: String?

        fileprivate init(limiter: AnswerLimiter, bytes: Int, key: String?) {
            (self.limiter, self.bytes, self.key) = (limiter, bytes, key)
        }

        deinit { limiter.release(self) }
    }
}
