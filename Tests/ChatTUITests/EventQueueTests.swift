import Dispatch
import Testing

@testable import chat_tui

@Suite("A queue for a waiting thread") struct EventQueueTests {
    @Test("elements come in the order of posting") func order() {
        let queue = EventQueue<Int>()
        for number in 1...100 { queue.post(number) }
        #expect((1...100).map { _ in queue.next() } == Array(1...100))
    }

    @Test("a wait ends at the deadline, also if that has passed") func deadline() {
        let queue = EventQueue<Int>()
        #expect(queue.next(until: .now - .seconds(5)) == nil)
        #expect(queue.next(until: .now + .milliseconds(5)) == nil)
        queue.post(1)
        #expect(queue.next(until: .now - .seconds(5)) == 1, "what is there comes all the same")
        queue.post(2)
        #expect(queue.next(until: .now + .seconds(1e9)) == 2)
    }

    @Test("another thread wakes the waiting one") func waking() {
        let queue = EventQueue<Int>()
        DispatchQueue.global().async { for number in 1...1000 { queue.post(number) } }
        #expect((1...1000).map { _ in queue.next() } == Array(1...1000))
    }
}
