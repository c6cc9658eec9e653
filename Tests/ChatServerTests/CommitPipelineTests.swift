import ChatWire
import Synchronization
import Testing

@testable import ChatServer

/// The queue's decisions, without threads and a store.
@Suite("What is committed together, and when") struct CommitPipelineTests {
    private typealias Pipeline = CommitPipeline<Int>

    /// What happens, and which messages are to be committed by that.
    private typealias Table = [(event: Event, batch: [Int])]

    private enum Event {
        case start, finish, abandon, answered
        case append(Int, UserID)
    }

    private func run(_ table: Table) -> Pipeline {
        var pipeline = Pipeline()
        for (index, (event, expected)) in table.enumerated() {
            let batch: [Pipeline.Draft]
            switch event {
            case .start: batch = pipeline.start()
            case .append(let number, let sender):
                let draft = MessageDraft(
                    sender: sender, receiver: bob, text: UntrustedText("\(number)"), receivedAt: now)
                batch = pipeline.append(draft, from: number)
            case .answered: batch = pipeline.answered().batch
            case .finish:
                pipeline.finish()
                batch = []
            case .abandon:
                _ = pipeline.abandon()
                batch = []
            }
            #expect(batch.map(\.origin) == expected, "row \(index): \(event)")
        }
        return pipeline
    }

    @Test("a single message is committed at once, and those that arrive meanwhile are committed together")
    func company() {
        let pipeline = run([
            (.append(1, anna), []), (.start, [1]), (.append(2, anna), []), (.append(3, bob), []), (.answered, [2, 3]),
            (.answered, []), (.append(4, anna), [4]),
        ])
        #expect(pipeline.isCommitting && pipeline.count == 0)
    }

    @Test("if more messages wait than one transaction takes, senders take turns") func turns() {
        let flood: Table = (0..<1100).map { (.append($0, anna), []) }
        let first = (0..<16).map { $0 } + [2000] + (16..<1023).map { $0 }
        _ = run(flood + [(.append(2000, bob), []), (.start, first), (.answered, Array(1023..<1100))])
    }

    @Test("the pipeline is over when it was told to finish and everything is answered") func end() {
        #expect(run([(.start, []), (.finish, [])]).isOver)
        #expect(!run([(.start, []), (.append(1, anna), [1]), (.finish, [])]).isOver)
        #expect(run([(.start, []), (.append(1, anna), [1]), (.finish, []), (.answered, [])]).isOver)
        #expect(!run([(.append(1, anna), []), (.finish, [])]).isOver)
    }

    @Test("waiting messages can be abandoned, those in progress cannot") func abandoned() {
        let pipeline = run([(.start, []), (.append(1, anna), [1]), (.append(2, anna), []), (.abandon, [])])
        #expect(pipeline.isCommitting && !pipeline.isOver && pipeline.count == 0)
        #expect(run([(.append(1, anna), []), (.abandon, []), (.start, [])]).isOver)
    }

    @Test("a waiting caller is called when everything that was queued before is answered") func callbacks() {
        var pipeline = Pipeline()
        #expect(!pipeline.whenDone {})
        _ = pipeline.start()
        _ = pipeline.append(draft("1"), from: 1)
        #expect(pipeline.whenDone {})
        _ = pipeline.append(draft("2"), from: 2)
        #expect(pipeline.answered().callbacks.count == 1)
        #expect(pipeline.whenDone {})
        #expect(pipeline.abandon().isEmpty, "the batch under way is still waited for")
        #expect(pipeline.answered().callbacks.count == 1)
    }

    @Test("a failure of the store is the answer to the whole batch") func failure() {
        let batch: [Pipeline.Draft] = [(draft("1"), 1), (draft("2"), 2)]
        let answers = Pipeline.answers(to: batch, .failure(.full))
        #expect(answers.map(\.origin) == [1, 2])
        for answer in answers { #expect(answer.result == .failure(.full)) }
        let stored = Pipeline.answers(to: batch, .success([.conflict, .banned]))
        #expect(stored.map(\.result) == [.success(.conflict), .success(.banned)])
    }
}
