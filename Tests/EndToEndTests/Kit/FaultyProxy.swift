import Foundation
import Synchronization

/// The network between a program and its server: a TCP proxy on 127.0.0.1 that can drop everything without closing, or
/// be slow.
final class FaultyProxy: Sendable {
    enum Direction: CaseIterable {
        case toServer, toClient
    }

    private struct State {
        var swallowed: Set<Direction> = []
        var requests: [String] = []
        var pairs: [(LoopbackSocket, LoopbackSocket)] = []
    }

    let port: Int
    private let target: Int
    private let isHTTPProxy: Bool
    private let bytesPerSecond: Int?
    private let listener: LoopbackSocket
    private let state = Mutex(State())

    /// - Parameters:
    ///   - isHTTPProxy: Whether it first expects a `CONNECT` (RFC 9110, section 9.3.6). Every name leads to `target`.
    ///   - bytesPerSecond: The speed of each connection in each direction.
    init(to target: Int, isHTTPProxy: Bool = false, bytesPerSecond: Int? = nil) throws {
        self.target = target
        self.bytesPerSecond = bytesPerSecond
        self.isHTTPProxy = isHTTPProxy
        listener = try LoopbackSocket.listening()
        port = try listener.port()
        Thread.detachNewThread { [weak self, listener] in
            while let client = listener.accept() { self?.serve(client) }
        }
    }

    deinit {
        listener.stop()
        cut()
    }

    /// The request lines that the HTTP proxy got.
    var requests: [String] { state.withLock(\.requests) }

    /// From now on everything in these directions is dropped silently, including the end of a connection.
    func swallow(_ directions: Set<Direction> = Set(Direction.allCases)) {
        state.withLock { $0.swallowed = directions }
    }

    /// Restores the network. Every connection is closed, since its stream may have a hole.
    func heal() {
        state.withLock { $0.swallowed = [] }
        cut()
    }

    /// Ends every connection.
    func cut() {
        for (client, server) in state.withLock({ $0.pairs }) {
            client.stop()
            server.stop()
        }
    }

    private func isSwallowing(_ direction: Direction) -> Bool {
        state.withLock { $0.swallowed.contains(direction) }
    }

    private func serve(_ client: LoopbackSocket) {
        Thread.detachNewThread { [weak self] in
            guard let self, !isHTTPProxy || openTunnel(client),
                let server = try? LoopbackSocket.connected(to: target)
            else { return }
            state.withLock { $0.pairs.append((client, server)) }
            if isHTTPProxy { client.write(Array("HTTP/1.1 200 Connected\r\n\r\n".utf8)) }
            pass(.toServer, from: client, to: server)
            pass(.toClient, from: server, to: client)
        }
    }

    private func openTunnel(_ client: LoopbackSocket) -> Bool {
        var head = ""
        while !head.hasSuffix("\r\n\r\n") {
            guard let bytes = client.read() else { return false }
            head += String(decoding: bytes, as: UTF8.self)
        }
        let request = head.prefix { $0 != "\r\n" }
        state.withLock { $0.requests.append(String(request)) }
        return request.hasPrefix("CONNECT ")
    }

    private func write(_ bytes: [UInt8], to sink: LoopbackSocket) {
        guard let bytesPerSecond else {
            sink.write(bytes)
            return
        }
        // The pause is the throttle under test. It is not a wait for an order of events.
        let steps = 20
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(max(1, bytesPerSecond / steps))
            sink.write(Array(part))
            rest.removeFirst(part.count)
            Thread.sleep(forTimeInterval: Double(part.count) / Double(bytesPerSecond))
        }
    }

    /// Copies until one side ends, then closes both, unless that is dropped as well.
    private func pass(_ direction: Direction, from source: LoopbackSocket, to sink: LoopbackSocket) {
        Thread.detachNewThread { [weak self] in
            while let bytes = source.read(within: -1), let self {
                if !isSwallowing(direction) { write(bytes, to: sink) }
            }
            if self?.isSwallowing(direction) == true { return }
            source.stop()
            sink.stop()
        }
    }
}
