import ArgumentParser
import ChatWire
import Foundation
import NIOPosix
import Synchronization
import WebSocketTransport

/// Opens connections to a chat-server, logs each in as a user of its own, leaves them idle, and prints what each costs
/// the server in resident memory.
struct IdleConnections: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle", abstract: "The resident memory of a chat-server for each idle, authorised connection.")

    @OptionGroup var server: ServerUnderTest

    @Option(help: "The server's process id.")
    var pid: Int

    @Option(help: "How many connections to measure at; may be repeated, in rising order.")
    var connections: [Int] = [1000, 10_000]

    @Option(help: "How many seconds to be idle before measuring; 30 include a round of the server's pings.")
    var idle = 30

    @Option(help: "The most KiB for each connection at the highest count; above it the exit code is 1.")
    var limit: Double?

    /// These are opened before the first measurement, because the setup for a server's first connections is not part of
    /// their cost.
    private static let warmUp = 16
    /// The number of connections being opened at the same time.
    private static let width = 64

    func validate() throws {
        guard (0...600).contains(idle) else { throw ValidationError("--idle is a number from 0 to 600.") }
        guard connections == connections.sorted(), connections.allSatisfy((Self.warmUp + 1...25_000).contains) else {
            throw ValidationError("--connections lie between \(Self.warmUp + 1) and 25000, in rising order.")
        }
    }

    func run() async throws {
        let files = raiseOpenFileLimit()
        if let most = connections.last, most + 100 > files {
            throw ValidationError("\(most) connections need more open files than the \(files) that are allowed.")
        }
        // The client counts the server's pings as signs of life and sends none itself, so the connections are really
        // idle.
        let client = WebSocketClient(
            group: MultiThreadedEventLoopGroup.singleton, heartbeat: .init(interval: .seconds(86_400)))
        let crowd = Crowd()
        try await grow(crowd, to: Self.warmUp, client)
        let start = try await settledMemory()
        var cost = 0.0
        for count in connections {
            try await grow(crowd, to: count, client)
            try await Task.sleep(for: .seconds(idle))
            let memory = try await settledMemory()
            cost = Double(memory - start) / Double(count - Self.warmUp)
            print("\(count) connections: \(rounded(cost)) KiB each, \(memory) KiB in all")
        }
        if let limit, cost > limit {
            print("That is more than \(rounded(limit)) KiB.")
            throw ExitCode.failure
        }
    }

    /// Opens connections until there are `count`, all of them logged in.
    private func grow(_ crowd: Crowd, to count: Int, _ client: WebSocketClient) async throws {
        let endpoint = server.endpoint
        let first = crowd.authorized
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in first..<count {
                if number >= first + Self.width { try await group.next() }
                group.addTask {
                    _ = try await client.connect(to: endpoint) { Member(user: "idle-\(number)", of: crowd) }
                }
            }
            try await group.waitForAll()
        }
        try await wait(for: "logging in") {
            if let failure = crowd.failure { throw failure }
            return crowd.authorized == count
        }
    }

    /// The server's resident memory in KiB, once it has stopped changing.
    private func settledMemory() async throws -> Int {
        var last = try residentMemory()
        var since = ContinuousClock.now
        try await wait(for: "the server's settling") {
            let now = try residentMemory()
            if now != last { (last, since) = (now, .now) }
            return ContinuousClock.now - since > .seconds(1)
        }
        return last
    }

    private func residentMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        for line in status.split(separator: "\n") where line.hasPrefix("VmRSS:") {
            if let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) {
                return kibibytes
            }
        }
        throw ValidationError("Process \(pid) has no resident memory.")
    }

    private func rounded(_ number: Double) -> String { String(format: "%.2f", number) }
}

/// The connections and their states.
private final class Crowd: Sendable {
    private struct State {
        var authorized = 0
        var failure: ConnectionLost?
    }

    private let state = Mutex(State())

    var authorized: Int { state.withLock { $0.authorized } }
    var failure: ConnectionLost? { state.withLock { $0.failure } }

    func memberAuthorized() { state.withLock { $0.authorized += 1 } }
    func memberLost(_ why: String) {
        state.withLock { $0.failure = $0.failure ?? ConnectionLost(why: why) }
    }
}

/// One idle connection.
private final class Member: WebSocketHandler {
    private let user: String
    private let crowd: Crowd

    init(user: String, of crowd: Crowd) {
        self.user = user
        self.crowd = crowd
    }

    func opened(_ socket: WebSocket) {
        guard let user = UserID(user) else { return }
        socket.send(text: WireCodec.encode(ClientEvent.auth(.init(user: user, protocolVersion: 2))))
    }

    func received(text: String) {
        if case .authSuccess? = try? WireCodec.decode(ServerEvent.self, from: text) {
            crowd.memberAuthorized()
        } else {
            crowd.memberLost("\(UntrustedText(text))")
        }
    }

    func closed(_ closure: WebSocketClosure) { crowd.memberLost("\(closure)") }
}
