import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import WebSocketTransport

/// An event of a handler.
enum HandlerEvent: Sendable, Equatable {
    case opened
    case text(String)
    case binary([UInt8])
    case closed(WebSocketClosure)
}

/// The events of a handler so far. A test can wait for one.
final class Transcript: Sendable {
    private struct State {
        var events: [HandlerEvent] = []
        var socket: WebSocket?
        var otherFrames = 0
        var otherBytes = 0
    }
    private let state = Mutex(State())

    var events: [HandlerEvent] { state.withLock { $0.events } }
    var socket: WebSocket? { state.withLock { $0.socket } }
    var closure: WebSocketClosure? {
        events.lazy.compactMap { if case .closed(let closure) = $0 { closure } else { nil } }.first
    }

    /// The overhead reported.
    var otherFrames: Int { state.withLock { $0.otherFrames } }
    var otherBytes: Int { state.withLock { $0.otherBytes } }
    func note(otherFrames: Int, bytes: Int) {
        state.withLock { state in
            state.otherFrames += otherFrames
            state.otherBytes += bytes
        }
    }

    func append(_ event: HandlerEvent) { state.withLock { $0.events.append(event) } }
    func keep(_ socket: WebSocket) { state.withLock { $0.socket = socket } }
}

/// A handler that records its events, and may answer.
final class Recorder: WebSocketHandler {
    private let transcript: Transcript
    private let echoes: Bool
    private let onText: ((String, WebSocket) -> Void)?
    private let lastWords: String?
    private var socket: WebSocket?

    init(
        _ transcript: Transcript, echoes: Bool = false, lastWords: String? = nil,
        onText: ((String, WebSocket) -> Void)? = nil
    ) {
        self.transcript = transcript
        self.echoes = echoes
        self.onText = onText
        self.lastWords = lastWords
    }

    func opened(_ socket: WebSocket) {
        socket.eventLoop.preconditionInEventLoop()
        self.socket = socket
        transcript.keep(socket)
        transcript.append(.opened)
    }

    func notAdmitted() {
        if let lastWords { socket?.send(text: lastWords) }
    }

    func received(otherFrames: Int, bytes: Int) { transcript.note(otherFrames: otherFrames, bytes: bytes) }

    func received(text: String) {
        transcript.append(.text(text))
        if let socket { onText?(text, socket) }
        if echoes { socket?.send(text: text) }
    }

    func received(binary: ByteBuffer) {
        transcript.append(.binary(Array(binary.readableBytesView)))
        if echoes { socket?.send(binary: binary) }
    }

    func closed(_ closure: WebSocketClosure) {
        transcript.append(.closed(closure))
        socket = nil
    }
}

/// Serves every path: WebSockets that echo, and a few HTTP answers.
final class TestApplication: ServerApplication {
    let transcripts = Mutex<[Transcript]>([])
    let requests = Mutex<[HTTPRequest]>([])
    private let echoes: Bool

    init(echoes: Bool = true) { self.echoes = echoes }

    var first: Transcript? { transcripts.withLock { $0.first } }

    func admit(_ request: HTTPRequest) -> Admission {
        requests.withLock { $0.append(request) }
        if request.path == "/refused" { return .refuse(HTTPResponse(status: 401, text: "who are you")) }
        let transcript = Transcript()
        transcripts.withLock { $0.append(transcript) }
        let handler = Recorder(transcript, echoes: echoes) { text, socket in
            if text == "close me" { socket.close(code: 4003, reason: "as you wish") }
        }
        return .accept(handler)
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        requests.withLock { $0.append(request) }
        switch request.path {
        case "/slow":
            try? await Task.sleep(for: .milliseconds(200))
            return HTTPResponse(status: 200, text: "slow")
        case "/big":
            return HTTPResponse(status: 200, body: Array(repeating: 0x78, count: 3 << 20))
        case "/huge":
            return HTTPResponse(status: 200, body: Array(repeating: 0x78, count: 24 << 20))
        case "/nothing":
            return HTTPResponse(status: 204)
        default:
            return HTTPResponse(status: 200, text: "path \(request.path)", headers: ["X-Test": "yes"])
        }
    }
}

struct TimedOut: Error, CustomStringConvertible {
    var description: String
}

/// Waits until `condition` holds, looking every few milliseconds, and fails the test after `limit`.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), _ condition: @Sendable () -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        if ContinuousClock.now > deadline { throw TimedOut(description: "never: \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// The event loops of all tests.
let testGroup = MultiThreadedEventLoopGroup.singleton

extension WebSocketLimits {
    /// The defaults with some changes.
    static func with(_ change: (inout WebSocketLimits) -> Void) -> WebSocketLimits {
        var limits = WebSocketLimits()
        change(&limits)
        return limits
    }
}

/// Runs `body` with a server on a free port of loopback, and then stops the server.
@discardableResult
func withServer<Result>(
    _ application: TestApplication = TestApplication(), limits: WebSocketLimits = WebSocketLimits(),
    heartbeat: Heartbeat.Settings = Heartbeat.Settings(), tls: ServerTLS? = nil,
    trustedProxies: TrustedProxies = TrustedProxies(),
    _ body: (WebSocketServer, Int) async throws -> Result
) async throws -> Result {
    let server = WebSocketServer(
        group: testGroup, application: application, limits: limits, heartbeat: heartbeat, tls: tls,
        trustedProxies: trustedProxies)
    let port = try await server.listen(host: "127.0.0.1", port: 0)
    do {
        let result = try await body(server, port)
        await server.drain(within: .milliseconds(100))
        return result
    } catch {
        await server.drain(within: .milliseconds(100))
        throw error
    }
}

/// A TCP connection for plain bytes.
final class RawClient: Sendable {
    private struct State {
        var received: [UInt8] = []
        var isClosed = false
    }

    private let channel: any Channel
    private let state: Shared

    private final class Shared: Sendable {
        let value = Mutex(State())
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let shared: Shared

        init(_ shared: Shared) { self.shared = shared }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            shared.value.withLock { $0.received += bytes.readableBytesView }
        }

        func channelInactive(context: ChannelHandlerContext) { shared.value.withLock { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    init(port: Int, reads: Bool = true, tls: ClientTLS? = nil) async throws {
        let shared = Shared()
        state = shared
        channel = try await ClientBootstrap(group: testGroup)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(tls.makeHandler(host: "localhost")) }
                    try pipeline.addHandler(Collector(shared))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    var bytes: [UInt8] { state.value.withLock { $0.received } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var isClosed: Bool { state.value.withLock { $0.isClosed } }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }
    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }
    func finishSending() async throws { try await channel.close(mode: .output) }
    func close() { channel.close(promise: nil) }
    func read() async throws { channel.read() }
    func readOn() async throws { try await channel.setOption(.autoRead, value: true).get() }
    func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    /// Sends an upgrade request and waits for its answer.
    func upgrade(path: String = "/") async throws {
        try await send(Self.upgradeRequest(path: path))
        try await eventually("the upgrade") { self.text.contains("\r\n\r\n") }
    }

    static func upgradeRequest(path: String = "/", version: String = "13") -> String {
        """
        GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
        Sec-WebSocket-Version: \(version)\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
        """
    }

    /// The bytes after the answer to the upgrade.
    var afterUpgrade: [UInt8] {
        let bytes = bytes
        let end: [UInt8] = [13, 10, 13, 10]
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return [] }
        return Array(bytes[(start + 4)...])
    }
}

/// Makes frames in their wire form.
enum Wire {
    /// A client's frame; masked unless `key` is nil.
    static func frame(
        _ first: UInt8, _ payload: [UInt8], key: UInt32? = 0x37FA_213D
    ) -> [UInt8] {
        var bytes: [UInt8] = [first]
        let mask: UInt8 = key == nil ? 0 : 0x80
        switch payload.count {
        case 0..<126: bytes.append(mask | UInt8(payload.count))
        case 126..<65536: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: bytes += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        guard let key else { return bytes + payload }
        let keyBytes = (0..<4).map { UInt8(truncatingIfNeeded: key >> (24 - 8 * $0)) }
        return bytes + keyBytes + payload.enumerated().map { $1 ^ keyBytes[$0 % 4] }
    }

    static func text(_ text: String, key: UInt32? = 0x37FA_213D) -> [UInt8] { frame(0x81, Array(text.utf8), key: key) }

    static func close(_ code: UInt16, _ reason: String = "", key: UInt32? = 0x37FA_213D) -> [UInt8] {
        frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8), key: key)
    }
}
