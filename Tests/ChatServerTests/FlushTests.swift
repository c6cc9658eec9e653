import ChatWire
import Synchronization
import Testing

@testable import ChatServer

/// The end does not wait for clients that go on sending.
@Suite("Flushing the queues")
struct FlushTests {
    private let anna = user("anna")
    private let bob = user("bob")

    /// Each answer causes the next message, so the queue is never empty.
    @Test(
        "messages: those queued before are answered, later ones are not waited for", .timeLimit(.minutes(10)))
    func messages() async {
        let queue = CommitQueue<Void>(store: FailingStore())
        let answered = Atomic(0)
        let isOver = Atomic(false)
        @Sendable func say() {
            queue.append(MessageDraft(sender: anna, receiver: bob, text: "x", receivedAt: now), from: ())
        }
        let work = Task {
            await queue.run { batch in
                answered.add(batch.count, ordering: .relaxed)
                if !isOver.load(ordering: .relaxed) { for _ in batch { say() } }
            }
        }
        for _ in 0..<600 { say() }
        await queue.flush()
        #expect(answered.load(ordering: .relaxed) >= 600)
        isOver.store(true, ordering: .relaxed)
        queue.finish()
        await work.value
        await queue.flush()  // the queue is empty
    }

    @Test("read marks and acks: the same", .timeLimit(.minutes(10)))
    func receipts() async {
        final class Reader: Sendable {}
        let queue = ReceiptQueue<Reader>(store: FailingStore())
        let reader = Reader()
        let answered = Atomic(0)
        let isOver = Atomic(false)
        @Sendable func read() {
            queue.markRead(ReadMark(user: anna, peer: bob, messageID: "m"), on: reader)
        }
        let work = Task {
            await queue.run { effect in
                guard case .answer = effect else { return }
                answered.add(1, ordering: .relaxed)
                if isOver.load(ordering: .relaxed) { return }
                queue.acknowledge(.init(user: anna, cursor: 1))
                read()
            }
        }
        for _ in 0..<600 { read() }
        await queue.flush()
        #expect(answered.load(ordering: .relaxed) >= 600)
        isOver.store(true, ordering: .relaxed)
        queue.finish()
        await work.value
    }
}
