import ChatWire
import Synchronization

/// The only way of messages into the store: one writer that takes everything that waits and commits it together
/// (group commit). A single message never waits for company; under load one fsync serves all.
///
/// Where nothing is under way, the thread that brings a message begins the commit, and the store's thread, which ends it,
/// begins the next: no other thread is waked. A connection that closes cancels no write.
///
/// - Parameter Origin: Whose message it is: given back with the answer.
final class CommitQueue<Origin: Sendable>: Sendable {
    typealias Draft = (message: MessageDraft, origin: Origin)
    typealias Answered = (message: MessageDraft, result: AppendResult, origin: Origin)
    typealias Publish = @Sendable ([Answered]) -> Void

    private struct State {
        var waiting = FairQueue<UserID, Draft>()
        /// Nil until it runs.
        var answered: Publish?
        var isFinished = false
        var isCommitting = false
        var ending: CheckedContinuation<Void, Never>?

        /// What is to be committed now. Whoever is given some has to see to it.
        mutating func nextBatch() -> [Draft] {
            guard answered != nil, !isCommitting else { return [] }
            let batch = waiting.take(CommitBatch.most, each: CommitBatch.mostOfOne)
            isCommitting = !batch.isEmpty
            return batch
        }

        /// Who waits for the end, if this is it.
        mutating func takeEnding() -> CheckedContinuation<Void, Never>? {
            guard isFinished, !isCommitting, waiting.count == 0 else { return nil }
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
        let batch = state.withLock { state in
            state.waiting.append((message, origin), of: message.sender)
            return state.nextBatch()
        }
        commit(batch)
    }

    /// How many messages wait.
    var count: Int { state.withLock(\.waiting.count) }

    /// Returns when everything queued so far is in the database, or was refused by it, and was answered.
    func settle() async {
        await ChatServer.settle { callback in state.withLock { $0.waiting.whenDone(callback) } }
    }

    /// Commits what comes until `finish` was called and nothing is left.
    /// - Parameter answered: Called with batch after batch in the order of commits, those of one sender in the order of the
    ///   calls to `append`: also those of what is over the rate, so that no answer overtakes another. The next commit waits
    ///   for it.
    func run(_ answered: @escaping Publish) async {
        let batch = state.withLock { state in
            state.answered = answered
            return state.nextBatch()
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
            state.isFinished = true
            state.waiting.removeAll()
            // What is being committed is told of when that is done.
            return (state.isCommitting ? [] : state.waiting.finish(), state.takeEnding())
        }
        for callback in callbacks { callback() }
        ending?.resume()
    }

    func finish() {
        let ending = state.withLock { state in
            state.isFinished = true
            return state.takeEnding()
        }
        ending?.resume()
    }

    // MARK: One batch after the other

    private func commit(_ batch: [Draft]) {
        if batch.isEmpty { return }
        let start = ContinuousClock.now
        store.append(batch.map(\.message)) { [self] result in
            switch result {
            case .success(let outcomes):
                committed(.now - start)
                answer(zip(batch, outcomes).map { ($0.message, .success($1), $0.origin) })
            case .failure(let error):
                answer(batch.map { ($0.message, .failure(error), $0.origin) })
            }
        }
    }

    private func answer(_ answers: [Answered]) {
        state.withLock(\.answered)?(answers)
        let (callbacks, batch, ending) = state.withLock { state in
            let callbacks = state.waiting.finish()
            state.isCommitting = false
            return (callbacks, state.nextBatch(), state.takeEnding())
        }
        for callback in callbacks { callback() }
        ending?.resume()
        commit(batch)
    }
}

private enum CommitBatch {
    /// Bounds one transaction, and with it how long the first of a batch waits for the last.
    static let most = 1024
    /// How many messages of one sender go before it is the next one's turn.
    static let mostOfOne = 16
}
