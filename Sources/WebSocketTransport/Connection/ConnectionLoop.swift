import NIOCore
import Synchronization

/// A connection as the other parts of its event loop see it.
protocol LoopConnection: Expiring {
    /// False for an HTTP connection.
    var isWebSocket: Bool { get }
    /// The bytes that wait to be sent to the peer.
    var outboundBytes: Int { get }
    /// Closes gracefully: a WebSocket sends `code`, HTTP finishes its present answer.
    func drain(code: UInt16)
    /// Closes at once.
    func cut()
}

/// The connections of one event loop, and what they share. It must be used on that loop only.
final class ConnectionLoop {
    let settings: ConnectionSettings
    let deadlines: DeadlineQueue
    let answers: AnswerLimiter
    var traffic = HTTPTraffic()
    private let count: ConnectionCount?
    private let eventLoop: any EventLoop
    /// Connections with something to send.
    private var flushing: [WebSocketConnection] = []
    private var flushIsDue = false
    private var connections: [ObjectIdentifier: any LoopConnection] = [:]
    /// The close code of the drain under way; nil if there is none.
    private(set) var drainCode: UInt16?

    /// - Parameter answers: The limiter of the whole server.
    init(
        settings: ConnectionSettings, eventLoop: any EventLoop, count: ConnectionCount? = nil,
        answers: AnswerLimiter? = nil
    ) {
        self.settings = settings
        self.answers = answers ?? AnswerLimiter(settings.limits)
        self.count = count
        self.eventLoop = eventLoop
        deadlines = DeadlineQueue(eventLoop: eventLoop)
    }

    func insert(_ connection: any LoopConnection) {
        connections[ObjectIdentifier(connection)] = connection
        count?.add(isWebSocket: connection.isWebSocket, 1)
        if let drainCode { connection.drain(code: drainCode) }
    }

    func remove(_ connection: any LoopConnection) {
        deadlines.cancel(connection)
        if connections.removeValue(forKey: ObjectIdentifier(connection)) != nil {
            count?.add(isWebSocket: connection.isWebSocket, -1)
        }
    }

    /// The most connections that wait to be flushed. Their state is in the processor's cache now; after writes to more
    /// connections it would not be.
    private static let maxFlushing = 64

    /// Flushes the connection after what the loop does now, or earlier if many wait. One task serves all connections.
    func flushSoon(_ connection: WebSocketConnection) {
        if flushing.count == Self.maxFlushing { flushAll() }
        flushing.append(connection)
        if flushIsDue { return }
        flushIsDue = true
        eventLoop.assumeIsolated().execute {
            self.flushIsDue = false
            self.flushAll()
        }
    }

    private func flushAll() {
        // A flush may end a connection, which then has something to send.
        let due = flushing
        flushing = []
        for connection in due { connection.flushIfDue() }
    }

    var outboundBytes: Int { connections.values.reduce(0) { $0 + $1.outboundBytes } }

    func drain(code: UInt16) {
        drainCode = code
        for connection in connections.values { connection.drain(code: code) }
    }

    func cutAll() {
        for connection in connections.values { connection.cut() }
    }
}

/// The number of a server's connections over all its event loops.
final class ConnectionCount: Sendable {
    private struct State {
        var webSockets = 0
        var others = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var webSockets: Int { state.withLock { $0.webSockets } }

    func add(isWebSocket: Bool, _ change: Int) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            if isWebSocket { state.webSockets += change } else { state.others += change }
            guard state.webSockets + state.others == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until there are none.
    func waitForNone() async {
        await withCheckedContinuation { continuation in
            let isNone = state.withLock { state in
                if state.webSockets + state.others == 0 { return true }
                state.waiters.append(continuation)
                return false
            }
            if isNone { continuation.resume() }
        }
    }
}

/// A server's HTTP answers since its start, refused upgrades included.
public struct HTTPTraffic: Sendable, Hashable {
    /// The number of answers by status.
    public private(set) var answers: [Int: Int] = [:]
    /// The bytes of all bodies sent.
    public private(set) var bytes = 0

    mutating func note(status: Int, bytes: Int) {
        answers[status, default: 0] += 1
        self.bytes += bytes
    }

    mutating func add(_ other: HTTPTraffic) {
        answers.merge(other.answers, uniquingKeysWith: +)
        bytes += other.bytes
    }
}
