import ChatUI
import Synchronization
import Testing

@testable import chat_tui

/// Thousands of messages may arrive at once. Between parts of them, keys are handled.
@Suite struct MailboxTests {
    private final class Bell: Waking {
        let rung = Atomic(0)
        func wake() { rung.add(1, ordering: .relaxed) }
        func take() -> Int { rung.exchange(0, ordering: .relaxed) }
    }

    @Test func aFloodIsTakenInPartsThatKeepItsOrder() {
        let bell = Bell()
        let mailbox = Mailbox(waker: bell)
        for number in 0..<1050 { mailbox.post(.edited("\(number)")) }
        #expect(bell.take() == 1050)
        var taken: [Event] = []
        var parts: [Int] = []
        repeat {
            let part = mailbox.take()
            parts.append(part.count)
            taken += part
        } while bell.take() == 1  // the rest wakes the loop again, so it does not wait for a key
        #expect(taken == (0..<1050).map { .edited("\($0)") })
        #expect(parts == [200, 200, 200, 200, 200, 50])
        #expect(mailbox.take() == [] && bell.take() == 0)
    }
}
