import ArgumentParser
import NIOPosix
import Synchronization
import WebSocketTransport

/// Sends a message on each connection, again whenever it comes back, and prints the number of round trips per second.
struct EchoRoundTrips: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo", abstract: "The round trips a second of a server that echoes.")

    @OptionGroup var server: ServerUnderTest

    @Option(help: "How many connections to use.")
    var connections = 32

    @Option(help: "The length of a message in bytes.")
    var bytes = 64

    @Option(help: "How long to measure.")
    var seconds = 5

    func validate() throws {
        guard (1...1000).contains(connections), (0...65_536).contains(bytes), (1...60).contains(seconds) else {
            throw ValidationError("At most 1000 connections, 65536 bytes and 60 seconds.")
        }
    }

    func run() async throws {
        let message = String(repeating: "x", count: bytes)
        let client = WebSocketClient(group: MultiThreadedEventLoopGroup.singleton)
        let counter = Counter()
        for _ in 0..<connections {
            _ = try await client.connect(to: server.endpoint) { EchoingClient(message, counter) }
        }
        try await Task.sleep(for: .seconds(1))  // until all connections run steadily
        let (start, first) = (ContinuousClock.now, counter.value)
        try await Task.sleep(for: .seconds(seconds))
        let time = (ContinuousClock.now - start) / .seconds(1)
        if let failure = counter.failure { throw ConnectionLost(why: failure) }
        print("\(Int(Double(counter.value - first) / time)) round trips a second")
    }
}

/// What the connections count together.
private final class Counter: Sendable {
    private let count = Atomic(0)
    private let firstFailure = Mutex<String?>(nil)

    var value: Int { count.load(ordering: .relaxed) }
    var failure: String? { firstFailure.withLock { $0 } }

    func add() { count.add(1, ordering: .relaxed) }
    func fail(_ why: String) { firstFailure.withLock { $0 = $0 ?? why } }
}

/// Sends the message whenever it has come back.
private final class EchoingClient: WebSocketHandler {
    private let message: String
    private let counter: Counter
    private var socket: WebSocket?

    init(_ message: String, _ counter: Counter) {
        self.message = message
        self.counter = counter
    }

    func opened(_ socket: WebSocket) {
        self.socket = socket
        socket.send(text: message)
    }

    func received(text: String) {
        counter.add()
        socket?.send(text: message)
    }

    func closed(_ closure: WebSocketClosure) {
        socket = nil
        counter.fail("\(closure)")
    }
}
