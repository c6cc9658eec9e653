import ChatWire
import Synchronization
import Testing

@testable import ChatServer

@Suite("The path of messages into the store")
struct CommitQueueTests {
    /// The answers: text and outcome.
    private final class Answers: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock(\.self) }

        func take(_ answers: [CommitQueue<Int>.Answered]) {
            lines.withLock { lines in
                for (message, result, origin) in answers {
                    let outcome =
                        switch result {
                        case .success(.stored): "stored"
                        case .success(.duplicate): "repeated"
                        case .success(.rateLimited(let milliseconds)): "in \(milliseconds)"
                        case .success: "refused"
                        case .failure(let error): "\(error)"
                        }
                    lines.append("\(origin) \(message.text.wire): \(outcome)")
                }
            }
        }
    }

    private func draft(
        _ text: String, id: ClientMessageID? = nil, over milliseconds: Int? = nil
    ) throws -> MessageDraft {
        let draft = MessageDraft(
            sender: try #require(UserID("anna")), receiver: try #require(UserID("bob")), text: UntrustedText(text),
            clientMessageID: id, receivedAt: Timestamp(microseconds: 0))
        return milliseconds.map(draft.overRate) ?? draft
    }

    @Test("messages over the rate are looked up in the transaction of all others, and cost no extra read")
    func overRate() async throws {
        let (store, answers) = (FailingStore(), Answers())
        let queue = CommitQueue<Int>(store: store)
        let running = Task { await queue.run(answers.take) }
        store.appendsAreHeld.withLock { $0 = true }
        queue.append(try draft("first", id: "1"), from: 0)
        try await wait { store.appends.withLock(\.self) == 1 }
        for number in 1...100 { queue.append(try draft("new", id: "over \(number)", over: 9), from: number) }
        queue.append(try draft("first", id: "1", over: 9), from: 101)
        queue.append(try draft("no id", over: 9), from: 102)
        store.appendsAreHeld.withLock { $0 = false }
        await queue.flush()
        #expect(
            answers.all == ["0 first: stored"] + (1...100).map { "\($0) new: in 9" } + [
                "101 first: repeated", "102 no id: in 9",
            ])
        // The first message alone, and then all others.
        #expect(store.appends.withLock(\.self) == 2)
        queue.finish()
        await running.value
    }

    @Test("waiting messages are abandoned if nobody is left to answer; messages that are being stored are not")
    func abandoned() async throws {
        let (store, answers) = (FailingStore(), Answers())
        let queue = CommitQueue<Int>(store: store)
        let running = Task { await queue.run(answers.take) }
        store.appendsAreHeld.withLock { $0 = true }
        queue.append(try draft("under way"), from: 0)
        try await wait { store.appends.withLock(\.self) == 1 }
        queue.append(try draft("waiting"), from: 1)
        let settling = Task { await queue.flush() }
        queue.abandon()
        store.appendsAreHeld.withLock { $0 = false }
        await running.value
        await settling.value
        #expect(answers.all == ["0 under way: stored"])
    }

    @Test("a queue that never started is abandoned too") func abandonedAtOnce() async throws {
        let queue = CommitQueue<Int>(store: MemoryStore())
        queue.append(try draft("waiting"), from: 0)
        queue.abandon()
        await queue.flush()
        await queue.run { _ in Issue.record("nothing is stored any more") }
    }
}
