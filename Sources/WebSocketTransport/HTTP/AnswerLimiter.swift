import DequeModule
import Synchronization

/// What HTTP answers cost a server: how many are being made, and how many bytes wait for clients to take them; of each
/// address, and of all.
final class AnswerLedger: Sendable {
    /// Such an answer is never refused; so the number of connections bounds them all.
    static let smallBytes = 16 * 1024
    private static let mostMade = 32
    private static let mostMadeForAddress = 8
    private static let mostWaiting = 4096
    /// Of one address, so that others find a place.
    static let mostWaitingForAddress = 512

    private typealias Waiter = CheckedContinuation<Bool, Never>

    private struct State {
        var made = 0
        var madeFor: [String: Int] = [:]
        /// Addresses take turns: however many requests one makes, another's waits for one of them only.
        var waiters: [String?: Deque<Waiter>] = [:]
        /// Whose turn is next, of those that wait.
        var turns: Deque<String?> = []
        var waiting = 0
        var bytes = 0
        var bytesFor: [String: Int] = [:]

        func mayMake(for key: String?) -> Bool {
            made < mostMade && key.map { madeFor[$0, default: 0] < mostMadeForAddress } ?? true
        }

        /// False where there is no place.
        mutating func wait(_ waiter: Waiter, for key: String?) -> Bool {
            let own = waiters[key]?.count ?? 0
            let most = key == nil ? mostWaiting - mostWaiting / 8 : mostWaitingForAddress
            if waiting >= mostWaiting || own >= most { return false }
            if own == 0 { turns.append(key) }
            waiters[key, default: []].append(waiter)
            waiting += 1
            return true
        }

        /// Who may go on, counted already.
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

    private let mostBytes: Int
    private let mostBytesForAddress: Int
    private let state = Mutex(State())

    init(_ limits: WebSocketLimits) {
        mostBytes = limits.answerBytes
        mostBytesForAddress = limits.addressAnswerBytes
    }

    /// How many requests wait for their turn.
    var waiting: Int { state.withLock(\.waiting) }

    /// How many bytes are held.
    var bytes: Int { state.withLock(\.bytes) }

    // MARK: Making

    /// Returns when the answer may be made, and then until ``endTurn(for:)``; or with false, where too many wait already.
    /// - Parameter key: Of an address; nil for this machine, whose share is not bounded.
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

    /// The right to hold so many bytes for a client, until it is gone; nil where that is too much.
    func hold(bytes: Int, for key: String?) -> Hold? {
        let isGiven = state.withLock { state in
            let own = key.map { state.bytesFor[$0, default: 0] } ?? 0
            let isTooMuch = state.bytes + bytes > mostBytes || key != nil && own + bytes > mostBytesForAddress
            if isTooMuch, bytes > Self.smallBytes { return false }
            state.bytes += bytes
            if let key { state.bytesFor[key] = own + bytes }
            return true
        }
        return isGiven ? Hold(ledger: self, bytes: bytes, key: key) : nil
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
        private let ledger: AnswerLedger
        fileprivate let bytes: Int
        fileprivate let key: String?

        fileprivate init(ledger: AnswerLedger, bytes: Int, key: String?) {
            (self.ledger, self.bytes, self.key) = (ledger, bytes, key)
        }

        deinit { ledger.release(self) }
    }
}
