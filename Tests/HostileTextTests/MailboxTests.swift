import ChatUI
import Synchronization
import Testing

@testable import chat_tui

/// Thousands of messages may come at once. Keys are looked at between parts of them.
@Suite struct MailboxTests {
    private final class Bell: Waking {
        let rung = Atomic(0)
        func wake() { rung.add(1, ordering: .relaxed) }
        func take() -> Int { rung.exchange(0, ordering: .relaxed) }
    }

    @Test func aFloodIsTakenInPartsThatKeepItsOrder() {
        let bell = Bell()
        let mailbox = Mailbox(waker: bell)
        for number in 0..<1050 { mailbox.post(.notice("\(number)")) }
        #expect(bell.take() == 1050)
        var taken: [Event] = []
        var parts: [Int] = []
        repeat {
            let part = mailbox.take()
            parts.append(part.count)
            taken += part
        } while bell.take() == 1  // what is left wakes the loop again, so that it does not wait for a key
        #expect(taken == (0..<1050).map { .notice("\($0)") })
        #expect(parts == [200, 200, 200, 200, 200, 50])
        #expect(mailbox.take() == [] && bell.take() == 0)
    }
}
