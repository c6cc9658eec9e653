import ArgumentParser
import ChatWire
import NIOPosix
import Synchronization
import WebSocketTransport

/// Senders that each write to a receiver of their own. It measures how long each message takes from `send` to its
/// receiver.
///
/// It prints `measuring` and `measured` when it begins and ends to measure, and then the result as JSON.
struct Delivery: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Messages a second, and the time from sending to delivery.")

    @OptionGroup var server: ServerUnderTest

    @Option(help: "How many send at the same time.")
    var senders = 1

    @Option(help: "How many unconfirmed messages each of them has on the way.")
    var inFlight = 1

    @Option(help: "How long to run before measuring.")
    var warmUp = 1

    @Option(help: "How long to measure.")
    var seconds = 5

    func validate() throws {
        guard (1...4096).contains(senders), (1...1024).contains(inFlight), (0...60).contains(warmUp),
            (1...600).contains(seconds)
        else { throw ValidationError("At most 4096 senders, 1024 messages in flight and 600 seconds.") }
    }

    private struct Result: Encodable {
        var messages: Int
        var messagesPerSecond: Double
        var microseconds: [String: Double]
    }

    func run() async throws {
        raiseOpenFileLimit()
        let phase = Phase()
        let trouble = Trouble()
        let pairs = (0..<senders).map { number in
            Pair(
                UserID("sender-\(number)")!, UserID("receiver-\(number)")!, inFlight: inFlight, phase: phase,
                trouble: trouble)
        }
        try await connect(pairs, trouble)
        try await Task.sleep(for: .seconds(warmUp))

        let start = ContinuousClock.now
        phase.enter(.measuring)
        report("measuring")
        try await Task.sleep(for: .seconds(seconds))
        phase.enter(.ending)
        let time = (ContinuousClock.now - start) / .seconds(1)
        report("measured")

        try await wait(for: "the last message") {
            try trouble.check()
            return pairs.allSatisfy(\.isSettled)
        }
        trouble.end()
        let latencies = pairs.flatMap(\.latencies).map { $0 / .microseconds(1) }.sorted()
        report(
            Result(
                messages: latencies.count, messagesPerSecond: Double(latencies.count) / time,
                microseconds: percentiles(of: latencies)))
    }

    /// All receivers connect first, so that they miss nothing.
    private func connect(_ pairs: [Pair], _ trouble: Trouble) async throws {
        let client = WebSocketClient(group: MultiThreadedEventLoopGroup.singleton)
        let ready = Mutex(0)
        for pair in pairs {
            _ = try await client.connect(to: server.endpoint) {
                pair.receivingDevice { ready.withLock { $0 += 1 } }
            }
        }
        try await wait(for: "logging in") {
            try trouble.check()
            return ready.withLock { $0 } == pairs.count
        }
        for pair in pairs {
            _ = try await client.connect(to: server.endpoint) { pair.sendingDevice() }
        }
    }

    private func percentiles(of sorted: [Double]) -> [String: Double] {
        guard let last = sorted.last else { return [:] }
        var result = ["max": last]
        for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            // The smallest value that at least this share of the values does not exceed.
            result[name] = sorted[max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
        }
        return result
    }
}
