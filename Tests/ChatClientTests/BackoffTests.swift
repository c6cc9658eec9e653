import Testing

@testable import ChatClient

@Suite("The waits between attempts")
struct BackoffTests {
    private struct Highest: RandomNumberGenerator {
        func next() -> UInt64 { .max }
    }

    @Test("the ceiling doubles from half a second to 5 s, and after a minute goes on to 30 s")
    func ceilings() {
        var backoff = Backoff()
        var random = Highest()
        var now = ContinuousClock.now
        var delays: [Double] = []
        for _ in 0..<24 {
            let delay = backoff.next(at: now, using: &random)
            now += delay
            delays.append(
                (Double(delay.components.seconds) + Double(delay.components.attoseconds) / 1e18).rounded(to: 10))
        }
        #expect(delays.prefix(6) == [0.5, 1, 2, 4, 5, 5])
        #expect(delays.suffix(3) == [30, 30, 30])
        #expect(delays.filter { $0 == 5 }.count == 11)
    }

    @Test("waits are spread over the whole range") func jitter() {
        var random = SplitMix64(seed: 7)
        var low = 0
        for _ in 0..<1000 {
            var backoff = Backoff()
            let delay = backoff.next(at: .now, using: &random)
            #expect(delay >= .zero && delay <= .milliseconds(500))
            if delay < .milliseconds(250) { low += 1 }
        }
        #expect((400...600).contains(low))
    }

    @Test func reset() {
        var backoff = Backoff()
        var random = Highest()
        for _ in 0..<5 { _ = backoff.next(at: .now, using: &random) }
        backoff.reset()
        #expect(backoff.next(at: .now, using: &random) <= .milliseconds(500))
    }
}

extension Double {
    fileprivate func rounded(to parts: Double) -> Double { (self * parts).rounded() / parts }
}
