import CLibrary
import ChatWire
import Synchronization

/// The only path of messages into the store. A single writer takes everything that waits and commits it together (group
/// commit). A single message does not wait for others to arrive; under load one fsync serves all.
///
/// If no commit is in progress, the thread that brings a message starts one. The store's thread that ends a commit
/// starts the next, so no other thread has to be woken. Closing a connection cancels no write. `CommitPipeline` makes
/// the decisions; this class gives it threads and a store.
///
/// - Parameter Origin: The source of a message. It is returned with the answer.
final class CommitQueue<Origin: Sendable>: Sendable {
    typealias Draft = CommitPipeline<Origin>.Draft
    typealias Answered = CommitPipeline<Origin>.Answered
    typealias Publish = @Sendable ([Answered]) -> Void

    private struct State {
        var pipeline = CommitPipeline<Origin>()
        /// Nil until `run` is called.
        var answered: Publish?
        var ending: CheckedContinuation<Void, Never>?

        /// Returns the continuation that waits for the end, if the end is reached.
        mutating func takeEnding() -> CheckedContinuation<Void, Never>? {
            guard pipeline.isOver else { return nil }
            defer { ending = nil }
            return ending
        }
    }

    private let store: any FeedStore
    /// Called with the duration of each transaction.
    private let committed: @Sendable (Duration) -> Void
    private let state = Mutex(State())

    init(store: any FeedStore, committed: @escaping @Sendable (Duration) -> Void = { _ in }) {
        self.store = store
        self.committed = committed
    }

    /// Queues a draft.
    func append(_ message: MessageDraft, from origin: Origin) {
        commit(state.withLock { $0.pipeline.append(message, from: origin) })
    }

    /// The number of messages that wait.
    var count: Int { state.withLock(\.pipeline.count) }

    /// Returns when everything queued so far was stored or refused by the database, and was answered.
    func flush() async {
        await waitUntilDone { callback in state.withLock { $0.pipeline.whenDone(callback) } }
    }

    /// Commits messages until `finish` was called and nothing is left.
    /// - Parameter answered: Called with one batch after the other in commit order. The messages of one sender come in
    ///   the order of the calls to `append`, including those that are over a limit, so that no answer overtakes
    ///   another. The next commit waits for this call.
    func run(_ answered: @escaping Publish) async {
        let batch = state.withLock { state in
            state.answered = answered
            return state.pipeline.start()
        }
        commit(batch)
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                state.ending = continuation
                return state.takeEnding()
            }
            isOver?.resume()
        }
    }

    /// Drops the waiting messages. They are neither stored nor answered: nobody is connected any more who could be
    /// told.
    func abandon() {
        let (callbacks, ending) = state.withLock { state in
            (state.pipeline.abandon(), state.takeEnding())
        }
        for callback in callbacks { callback() }
        ending?.resume()
    }

    func finish() {
        let ending = state.withLock { state in
            state.pipeline.finish()
            return state.takeEnding()
        }
        ending?.resume()
    }

    // MARK: Batches

    private func commit(_ batch: [Draft]) {
        if batch.isEmpty { return }
        let start = ContinuousClock.now
        store.append(batch.map(\.message)) { [self] result in
            if case .success = result { committed(.now - start) }
            answer(CommitPipeline.answers(to: batch, result))
        }
    }

    private func answer(_ answers: [Answered]) {
        state.withLock(\.answered)?(answers)
        // Where threads share a processor, the event loops deliver this batch and read what came meanwhile before the next
        // one is taken. Without this a batch has 50 messages instead of 900 while 2,000 users write.
        sched_yield()
        let (next, ending) = state.withLock { ($0.pipeline.answered(), $0.takeEnding()) }
        for callback in next.callbacks { callback() }
        ending?.resume()
        commit(next.batch)
    }
}
