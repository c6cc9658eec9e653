#if Cluster

import ChatServer
import ChatWire
import Foundation
import StoreContract
import Testing

/// Times of delivery between nodes, for the documentation: `CHAT_FIGURES=1 make test-cluster` prints them.
@Suite("Figures of nodes", .serialized, .enabled(if: ProcessInfo.processInfo.environment["CHAT_FIGURES"] != nil))
struct BusFigures {
    private static let messages = 1000

    @Test("from writing to the receiver's socket", arguments: Cluster.Bus.allCases) func delivery(_ bus: Cluster.Bus)
        async throws
    {
        for node in [0, 1] {
            try await Cluster.with(2, bus) { cluster in
                let (one, _) = try await cluster.acquaintances()
                let other = try await cluster.phone(of: bob, on: node)
                var times: [Duration] = []
                for _ in 0..<Self.messages {
                    let (start, count) = (ContinuousClock.now, other.messageTimes.count)
                    one.writes("x", to: bob)
                    while other.messageTimes.count == count { try await Task.sleep(for: .microseconds(100)) }
                    if let end = other.messageTimes.last { times.append(end - start) }
                }
                times.sort()
                print(
                    """
                    \(bus), \(node == 0 ? "on one node" : "to another node"): \
                    p50 \(times[times.count / 2] / .microseconds(1)) µs, \
                    p99 \(times[times.count * 99 / 100] / .microseconds(1)) µs
                    """)
            }
        }
    }

    @Test("hints a second", arguments: Cluster.Bus.allCases) func hints(_ bus: Cluster.Bus) async throws {
        try await Cluster.with(2, bus) { cluster in
            let ear = Ear(on: cluster.nodes[1].bus)
            let users = (0..<100).map { user("00000000-0000-4000-8000-000000000\($0 + 100)") }
            let batch = NodeEvent.feedsGrew(users.map { FeedHint(user: $0, cursor: 1_000_000, sent: 1) })
            let start = ContinuousClock.now
            for _ in 0..<2000 { cluster.nodes[0].bus.publish([batch]) }
            while ear.heard.count < 2000 { try await Task.sleep(for: .milliseconds(1)) }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            print("\(bus): \(Int(2000 / seconds)) batches of 100 hints a second")
            await ear.end()
        }
    }
}

#endif
