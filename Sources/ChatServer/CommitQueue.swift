import CLibrary
import ChatWire
import Synchronization

/// The only way of messages into the store: one writer that takes everything that waits and commits it together
/// (group commit). A single message never waits for company; under load one fsync serves all.
///
/// Where nothing is under way, the thread that brings a message begins the commit, and the store's thread, which ends it,
/// begins the next: no other thread is waked. A connection that closes cancels no write. `CommitPipeline` decides; this
/// gives it threads and a store.
///
/// - Parameter Origin: Whose message it is: given back with the answer.
final class CommitQueue<Origin: Sendable>: Sendable {
    typealias Draft = CommitPipeline<Origin>.Draft
    typealias Answered = CommitPipeline<Origin>.Answered
    typealias Publish = @Sendable ([Answered]) -> Void

    private struct State {
        var pipeline = CommitPipeline<Origin>()
        /// Nil until it runs.
        var answered: Publish?
        var ending: CheckedContinuation<Void, Never>?

        /// Who waits for the end, if this is it.
        mutating func takeEnding() -> CheckedContinuation<Void, Never>? {
            guard pipeline.isOver else { return nil }
            defer { ending = nil }
            return ending
        }
    }

    private let store: any FeedStore
    /// Told what each transaction took.
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

    /// How many messages wait.
    var count: Int { state.withLock(\.pipeline.count) }

    /// Returns when everything queued so far is in the database, or was refused by it, and was answered.
    func flush() async {
        await waitUntilDone { callback in state.withLock { $0.pipeline.whenDone(callback) } }
    }

    /// Commits what comes until `finish` was called and nothing is left.
    /// - Parameter answered: Called with batch after batch in the order of commits, those of one sender in the order of the
    ///   calls to `append`: also those of what is over the rate, so that no answer overtakes another. The next commit waits
    ///   for it.
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

    /// Whatever waits is neither stored nor answered: nobody is there any more who would hear of it.
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

    // MARK: One batch after the other

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
