import NIOCore
import Synchronization

/// A connection as its event loop's other parts see it.
protocol LoopConnection: Expiring {
    /// Whether it is a WebSocket, and no HTTP connection.
    var isWebSocket: Bool { get }
    /// How many bytes wait for the peer.
    var outboundBytes: Int { get }
    /// Ends in good order: a WebSocket says `code`, HTTP finishes the answer under way.
    func drain(code: UInt16)
    /// Ends now.
    func cut()
}

/// What the connections of one event loop share, and the list of them. Belongs to its event loop.
final class ConnectionLoop {
    let settings: ConnectionSettings
    let deadlines: DeadlineQueue
    let answers: AnswerLedger
    var traffic = HTTPTraffic()
    private let count: ConnectionCount?
    private let eventLoop: any EventLoop
    /// Those with something to send.
    private var flushing: [WebSocketConnection] = []
    private var flushIsDue = false
    private var connections: [ObjectIdentifier: any LoopConnection] = [:]
    /// The close code of a drain that has begun.
    private(set) var drainCode: UInt16?

    /// - Parameter answers: Those of the whole server.
    init(
        settings: ConnectionSettings, eventLoop: any EventLoop, count: ConnectionCount? = nil,
        answers: AnswerLedger? = nil
    ) {
        self.settings = settings
        self.answers = answers ?? AnswerLedger(settings.limits)
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

    /// So many are flushed before others are written to: their state is in the processor's cache now, and would not be later.
    private static let mostFlushing = 64

    /// Behind what the loop does now, or when many are waiting: one task for all connections.
    func flushSoon(_ connection: WebSocketConnection) {
        if flushing.count == Self.mostFlushing { flushAll() }
        flushing.append(connection)
        if flushIsDue { return }
        flushIsDue = true
        eventLoop.assumeIsolated().execute {
            self.flushIsDue = false
            self.flushAll()
        }
    }

    private func flushAll() {
        // A flush may end a connection, which has something to send by that.
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

/// How many connections a server has, over all its event loops.
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

    /// Returns when there are none.
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

/// What a server answered over HTTP since it began, upgrades that it refused included.
public struct HTTPTraffic: Sendable, Hashable {
    /// How many answers of each status.
    public private(set) var answers: [Int: Int] = [:]
    /// How many bytes of bodies clients were given.
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
