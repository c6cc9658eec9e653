import ChatServer
import Foundation
import Testing

/// The machines of both programs, back to back in worlds in which everything breaks. A seed decides all of a world.
///
///     SIMULATION_SEED=123 swift test --filter SimulationTests      one world, with all that happens in it
///     SIMULATION_SEEDS=50000 swift test --filter SimulationTests   so many worlds
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let batches = 16

    private static var seeds: ClosedRange<UInt64> {
        if let seed = environment["SIMULATION_SEED"].flatMap(UInt64.init) { return seed...seed }
        return 1...(environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 1500)
    }

    @Test(arguments: 0..<batches) func nothingLostNothingTwiceNothingOutOfOrder(batch: Int) {
        for seed in Self.seeds where Int(seed) % Self.batches == batch {
            let outcome = World.run(seed: seed)
            if outcome.failure != nil { return report(seed) }
        }
    }

    private func report(_ seed: UInt64) {
        let outcome = World.run(seed: seed, isTraced: true)
        let isOnlyOne = Self.environment["SIMULATION_SEED"] != nil
        let lines = isOnlyOne ? outcome.trace : outcome.trace.suffix(40)
        Issue.record(
            """
            seed \(seed): \(outcome.failure ?? "")
            \(lines.joined(separator: "\n"))
            again: SIMULATION_SEED=\(seed) swift test --filter SimulationTests
            """)
    }

    @Test func theSameSeedMakesTheSameWorld() {
        for seed: UInt64 in 3...5 {
            let (one, other) = (World.run(seed: seed, isTraced: true), World.run(seed: seed, isTraced: true))
            #expect(!one.trace.isEmpty)
            #expect(one.trace == other.trace)
        }
    }

    /// A simulation that cannot fail proves nothing.
    @Test(arguments: Sabotage.allCases) func brokenRulesAreFound(sabotage: Sabotage) {
        let seeds: ClosedRange<UInt64> = 1...2000
        let seed = seeds.first { World.run(seed: $0, sabotage: sabotage).failure != nil }
        #expect(seed != nil)
        if let seed, Self.environment["SIMULATION_VERBOSE"] != nil {
            print("\(sabotage): seed \(seed): \(World.run(seed: seed, sabotage: sabotage).failure ?? "")")
        }
    }
}
