import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import WebSocketTransport

/// Sends every message back unchanged. The Autobahn suite tests WebSocket implementations with this, in either role.
@main
struct WebSocketEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "websocket-echo",
        abstract: "Echoes WebSocket messages, as a server or as the client of a fuzzing server.")

    @Option(help: "Listen on this port of 127.0.0.1; 0 takes a free one.")
    var listen: Int?

    @Option(help: "The fuzzing server to connect to: HOST:PORT.")
    var connect: String?

    @Flag(help: "With --connect: run every case that the fuzzing server has, then have it write its report.")
    var cases = false

    @Option(help: "With --connect: the name in the report.")
    var agent = "websocket-echo"

    func validate() throws {
        if (listen == nil) == (connect == nil) { throw ValidationError("Give either --listen or --connect.") }
        if cases != (connect != nil) { throw ValidationError("--connect and --cases go together.") }
    }

    func run() async throws {
        if let listen {
            try await EchoServer().run(port: listen)
        } else if let connect {
            let parts = connect.split(separator: ":")
            guard parts.count == 2, let port = Int(parts[1]) else {
                throw ValidationError("--connect takes HOST:PORT.")
            }
            try await FuzzingServer(host: String(parts[0]), port: port, agent: agent).runCases()
        }
    }

    /// The suite echoes messages of 16 MiB, far more than a chat allows.
    static var limits: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.frameBytes = 32 << 20
        limits.messageBytes = 32 << 20
        limits.outboundBytes = 64 << 20
        return limits
    }

    /// In effect never. The suite counts every frame, and a ping within a case would look like an answer.
    static let heartbeat = Heartbeat.Settings(interval: .seconds(86_400))
}

private struct EchoServer: ServerApplication {
    func run(port: Int) async throws {
        raiseOpenFileLimit()
        let server = WebSocketServer(
            group: MultiThreadedEventLoopGroup.singleton, application: self, limits: WebSocketEcho.limits,
            heartbeat: WebSocketEcho.heartbeat)
        let boundPort = try await server.listen(host: "127.0.0.1", port: port)
        // `print` would buffer the line when a script reads it.
        try FileHandle.standardOutput.write(contentsOf: Data("listening on ws://127.0.0.1:\(boundPort)\n".utf8))
        try await Task.sleep(for: .seconds(86_400))
    }

    func admit(_ request: HTTPRequest) -> Admission { .accept(EchoHandler()) }
    func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(status: 404, text: "Not found") }
}

/// Echoes until the connection ends.
private final class EchoHandler: WebSocketHandler {
    private var socket: WebSocket?
    private let whenClosed: @Sendable () -> Void
    private let whenText: @Sendable (String) -> Void
    private let echoes: Bool

    init(
        echoes: Bool = true, whenText: @escaping @Sendable (String) -> Void = { _ in },
        whenClosed: @escaping @Sendable () -> Void = {}
    ) {
        self.echoes = echoes
        self.whenText = whenText
        self.whenClosed = whenClosed
    }

    func opened(_ socket: WebSocket) { self.socket = socket }

    func received(text: String) {
        if echoes { socket?.send(text: text) } else { whenText(text) }
    }

    func received(binary: ByteBuffer) { socket?.send(binary: binary) }

    func closed(_ closure: WebSocketClosure) {
        socket = nil
        whenClosed()
    }
}

/// The suite's own server, which tests the clients that connect to it.
private struct FuzzingServer {
    let host: String
    let port: Int
    let agent: String
    private let client = WebSocketClient(
        group: MultiThreadedEventLoopGroup.singleton, limits: WebSocketEcho.limits, heartbeat: WebSocketEcho.heartbeat)

    init(host: String, port: Int, agent: String) {
        self.host = host
        self.port = port
        self.agent = agent
    }

    func runCases() async throws {
        let texts = await visit("/getCaseCount", echoes: false)
        guard let count = texts.first.flatMap({ Int($0) }) else {
            throw ValidationError("No fuzzing server answers there.")
        }
        for number in 1...max(count, 1) {
            _ = await visit("/runCase?case=\(number)&agent=\(agent)", echoes: true)
        }
        _ = await visit("/updateReports?agent=\(agent)", echoes: false)
        print("\(count) cases")
    }

    /// Connects and waits until the connection ends. A case in which the server refuses ends at once.
    private func visit(_ target: String, echoes: Bool) async -> [String] {
        let (texts, continuation) = AsyncStream.makeStream(of: String.self)
        let handler: @Sendable () -> any WebSocketHandler = {
            EchoHandler(echoes: echoes, whenText: { continuation.yield($0) }, whenClosed: { continuation.finish() })
        }
        do {
            _ = try await client.connect(
                to: .tcp(host: host, port: port, tls: false), target: target, handler: handler)
        } catch {
            continuation.finish()
        }
        return await texts.reduce(into: []) { $0.append($1) }
    }
}
