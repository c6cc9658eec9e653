import Synchronization
import Testing

@testable import chat_tui

@Suite("A timer that includes the time asleep") struct WakeTimerTests {
    private final class Looks: Sendable {
        private let count = Mutex(0)
        var all: Int { count.withLock(\.self) }
        func look() { count.withLock { $0 += 1 } }
    }

    @Test("it fires repeatedly, and not after its end", .timeLimit(.minutes(2))) func looks() async throws {
        let looks = Looks()
        let timer = WakeTimer(every: .milliseconds(1)) { looks.look() }
        while looks.all < 3 { try await Task.sleep(for: .milliseconds(1)) }
        timer.end()
        await timer.ended()
        let count = looks.all
        try await Task.sleep(for: .milliseconds(20))
        #expect(looks.all == count)
    }

    @Test("one that ended before its first time never fires") func endedAtOnce() async {
        let looks = Looks()
        let timer = WakeTimer { looks.look() }
        timer.end()
        await timer.ended()
        #expect(looks.all == 0)
    }
}
