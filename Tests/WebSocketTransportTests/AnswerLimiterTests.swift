import Synchronization
import Testing

@testable import WebSocketTransport

/// Whose answer is made next.
@Suite(.timeLimit(.minutes(1)))
struct AnswerLedgerTests {
    private final class Requests: Sendable {
        let limiter = AnswerLimiter(WebSocketLimits())
        private let turns = Mutex<[String]>([])

        /// The keys that had their turns, in order.
        var taken: [String] { turns.withLock { $0 } }

        /// When this returns, each request waits or has its turn.
        func make(_ count: Int, for key: String?) async throws {
            let before = limiter.waiting + taken.count
            for _ in 0..<count {
                Task {
                    if await limiter.turn(for: key) { turns.withLock { $0.append(key ?? "local") } }
                }
            }
            try await eventually("the requests") { self.limiter.waiting + self.taken.count == before + count }
        }

        /// Ends the turns of these requests.
        func end(_ range: Range<Int>) async throws {
            for index in range {
                try await eventually("turn \(index)") { self.taken.count > index }
                let key = taken[index]
                limiter.endTurn(for: key == "local" ? nil : key)
            }
        }
    }

    @Test func whoAsksForMuchHoldsUpNobody() async throws {
        let requests = Requests()
        try await requests.make(132, for: nil)
        #expect(requests.taken.count == 32 && requests.limiter.waiting == 100)
        try await requests.make(3, for: "192.0.2.1")
        try await requests.end(0..<4)
        try await eventually("the next turns") { requests.taken.count == 36 }
        #expect(requests.taken[32...].filter { $0 == "192.0.2.1" }.count == 2)
        try await requests.end(4..<135)
        #expect(requests.limiter.waiting == 0)
    }

    @Test func anAddressFillsNotAllPlacesToWait() async throws {
        let requests = Requests()
        try await requests.make(32, for: nil)
        try await requests.make(AnswerLimiter.maxWaitingPerAddress, for: "192.0.2.1")
        #expect(await !requests.limiter.turn(for: "192.0.2.1"))
        try await requests.make(1, for: "192.0.2.2")
        #expect(requests.limiter.waiting == AnswerLimiter.maxWaitingPerAddress + 1)
        // None is left waiting forever.
        try await requests.end(0..<33 + AnswerLimiter.maxWaitingPerAddress)
        #expect(requests.limiter.waiting == 0)
    }
}
